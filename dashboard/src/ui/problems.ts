/** What is wrong with a form, by the parameter of the API that it is about. */
export type Problems = Readonly<Record<string, string>>;
