import { describe, expect, test } from 'vitest';
import { KNOWN_OPERATIONS } from '../../src/stripe/known_operations.ts';
import type { ParamShape } from '../../src/stripe/params.ts';
import { newAccount } from '../support/account.ts';
import { parameterNames, productRoutes, templateOf } from '../support/compatibility.ts';
import { encodeForm } from '../support/form.ts';
import { operations, oracle } from '../support/oracle.ts';
import type { Schema } from '../support/oracle-schema.ts';

const routes = productRoutes();

/** Parameters that every operation takes and that the pipeline or the lists read. */
const COMMON = new Set(['expand', 'limit', 'starting_after', 'ending_before']);

function resolve(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  return oracle!.components.schemas[schema.$ref.replace('#/components/schemas/', '')]!;
}

/** The alternatives of a schema without the empty string that only clears. */
function alternatives(schema: Schema): Schema[] {
  const whole = resolve(schema);
  const options = whole.anyOf === undefined ? [whole] : whole.anyOf.flatMap(alternatives);
  return options.filter((option) => !(Array.isArray(option.enum) && option.enum.every((value) => value === '')));
}

/** Differences between a declaration and the reference; a part that is unserved as a whole needs no parts. */
function differences(shape: ParamShape, schema: Schema, path: string): string[] {
  if (shape.kind === 'unserved') return [];
  if (shape.kind === 'either') {
    const object = alternatives(schema).find((option) => option.properties !== undefined);
    return shape.options.flatMap((option) =>
      option.kind === 'object' && object ? differences(option, object, path) : [],
    );
  }
  const options = alternatives(schema);
  if (shape.kind === 'list') {
    const array = options.find((option) => option.items !== undefined);
    return array?.items === undefined
      ? [`${path}: the reference has no list`]
      : differences(shape.of, array.items, `${path}[]`);
  }
  if (shape.kind === 'map' && shape.of.kind === 'object') {
    const map = options.find((option) => typeof option.additionalProperties === 'object');
    return map === undefined
      ? [`${path}: the reference has no map`]
      : differences(shape.of, map.additionalProperties as Schema, `${path}[*]`);
  }
  if (shape.kind !== 'object') return [];
  const object = options.find((option) => option.properties !== undefined);
  if (object?.properties === undefined) return [`${path}: the reference has no object`];
  return compareFields(shape.fields, object.properties, path);
}

function compareFields(
  fields: Readonly<Record<string, ParamShape>>,
  properties: Readonly<Record<string, Schema>>,
  path: string,
): string[] {
  const at = (name: string) => (path === '' ? name : `${path}[${name}]`);
  const own = Object.keys(fields);
  const theirs = Object.keys(properties).filter((name) => !(path === '' && COMMON.has(name)));
  return [
    ...own.filter((name) => !(name in properties)).map((name) => `${at(name)}: not in the reference`),
    ...theirs.filter((name) => !(name in fields)).map((name) => `${at(name)}: neither served nor declared unserved`),
    ...own
      .filter((name) => name in properties)
      .flatMap((name) => differences(fields[name]!, properties[name]!, at(name))),
  ];
}

/** Operations under /v1/usance/ are our own additions. */
const ofReference = routes.filter(({ path }) => !path.startsWith('/v1/usance/'));

describe.skipIf(oracle === undefined)('declared parameters are exactly those of the reference', () => {
  test.each(ofReference.map((route) => [`${route.method} ${templateOf(route.path)}`, route] as const))(
    '%s',
    (name, route) => {
      const shapeOfPath = (path: string) => path.replaceAll(/\{\w+\}/g, '{}');
      const operation = operations().find((each) => `${each.method} ${shapeOfPath(each.path)}` === shapeOfPath(name));
      expect(operation, 'the reference has the operation').toBeDefined();
      const parameters = operation!.parameters.filter((parameter) => parameter.in !== 'path');
      const properties = Object.fromEntries(parameters.map((parameter) => [parameter.name, parameter.schema]));
      expect(differences(route.params.shape, { properties }, '')).toEqual([]);
    },
  );

  test('every operation of the reference is known', () => {
    const all = operations().map((operation) => `${operation.method} ${operation.path}`);
    expect(KNOWN_OPERATIONS.toSorted()).toEqual(all.toSorted());
  });
});

const unserved = routes.flatMap((route) =>
  parameterNames(route.params.shape).unserved.map((name) => [`${route.method} ${route.path}`, name, route] as const),
);

describe('a parameter that is not served answers an error that names it', () => {
  test.each(unserved)('%s %s', async (_operation, name, route) => {
    const { request } = await newAccount();
    const sent = name.replaceAll('[]', '[0]').replaceAll('[*]', '[eur]');
    const path = route.path.replaceAll(/:\w+/g, 'x_none');
    const { status, body } = await request(route.method, path, encodeForm({}) + `${sent}=1`);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'parameter_not_served', param: sent });
  });
});
