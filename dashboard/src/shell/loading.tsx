import { Center, Loader } from '@mantine/core';

/** What stands there until the first page is loaded. */
export function Loading() {
  return (
    <Center mih="100vh">
      <Loader aria-label="Loading" />
    </Center>
  );
}
