import { Anchor, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { List } from '../api/client.ts';
import type { Params } from '../api/form.ts';
import { useGet } from '../api/hooks.ts';
import { usePath } from '../session/space.ts';
import type { Column } from './columns.ts';
import { DataTable } from './data_table.tsx';
import { Failure } from './failure.tsx';
import { Panel } from './panel.tsx';

type Props<T> = {
  readonly title: string;
  /** The address of the list in the API, and what it is asked with. */
  readonly path: string;
  readonly params?: Params;
  readonly columns: readonly Column<T>[];
  readonly to?: (row: T) => string;
  /** What stands there when there are none. */
  readonly empty: ReactNode;
  readonly actions?: ReactNode;
  /** Where all of them are, within the account. */
  readonly all?: string;
  readonly keyOf?: (row: T) => string;
};

const SHOWN = 10;

/** The newest of a list, as a part of a page. */
export function ShortList<T extends { id: string }>(props: Props<T>) {
  const { title, path, params = {}, columns, to, empty, actions, all, keyOf = ({ id }) => id } = props;
  const toPath = usePath();
  const { data, error, refetch } = useGet<List<T>>(path, { ...params, limit: SHOWN });
  if (error !== null) {
    return (
      <Panel title={title} actions={actions}>
        <Failure error={error} retry={() => void refetch()} what="This list" />
      </Panel>
    );
  }
  if (data?.data.length === 0) {
    return (
      <Panel title={title} actions={actions}>
        <Text size="sm" c="dimmed" component="div">
          {empty}
        </Text>
      </Panel>
    );
  }
  return (
    <Panel title={title} actions={actions} isFlush>
      <DataTable<T>
        rows={data?.data}
        columns={columns}
        label={title}
        keyOf={keyOf}
        to={to && ((row) => toPath(to(row)))}
      />
      {data?.has_more === true && (
        <Text size="sm" c="dimmed" px="md" py="sm">
          {`The newest ${SHOWN} are shown. `}
          {all !== undefined && (
            <Anchor component={Link} to={toPath(all)} size="sm" underline="always">
              See all
            </Anchor>
          )}
        </Text>
      )}
    </Panel>
  );
}
