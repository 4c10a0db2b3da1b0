import { Box, Button, Group, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { type Client, fetchAll, type List } from '../api/client.ts';
import type { ApiError } from '../api/error.ts';
import type { Params } from '../api/form.ts';
import { useClient } from '../api/hooks.ts';
import { usePath, useSpace } from '../session/space.ts';
import { type Column, download, toCsv } from './columns.ts';
import { DataTable } from './data_table.tsx';
import { Failure } from './failure.tsx';
import { type Filter, Filters } from './filters.tsx';
import { notifyFailure } from './notify.tsx';
import { Panel } from './panel.tsx';

const PAGE_SIZE = 25;
const CURSORS = ['starting_after', 'ending_before'];

type Complete<T> = (client: Client, rows: readonly T[], signal?: AbortSignal) => Promise<T[]>;

type Props<T> = {
  /** The address of the list in the API. */
  readonly path: string;
  /** What it is always asked with. */
  readonly params?: Params;
  /** What its objects are called: `customers`. */
  readonly noun: string;
  readonly columns: readonly Column<T>[];
  /** Adds to rows what the list itself does not answer. */
  readonly complete?: Complete<T>;
  readonly filters?: readonly Filter[];
  /** The page of an object, within the account. */
  readonly to?: (row: T) => string;
  /** What stands there when there are none at all. */
  readonly empty: ReactNode;
  readonly title?: string;
  readonly actions?: ReactNode;
};

/** A list of the API: filtered, page by page, ordered and exported. Filters and page stand in the address. */
export function ResourceList<T extends { id: string }>(props: Props<T>) {
  const { path, noun, columns, complete, filters = [], empty, title, actions } = props;
  const page = usePage(props);
  if (page.error !== null) {
    const failure = <Failure error={page.error} retry={page.retry} what={`The list of ${noun}`} />;
    if (!page.isFiltered) return failure;
    return (
      <Panel title={title} actions={actions}>
        {/* What was asked for may be what is wrong. */}
        <Filters of={filters} />
        <Box pt="md">{failure}</Box>
      </Panel>
    );
  }
  if (page.isEmpty) {
    return (
      <Panel title={title} actions={actions}>
        {empty}
      </Panel>
    );
  }
  return (
    <Panel title={title} actions={actions} isFlush>
      <Group justify="space-between" px="md" py="sm" gap="xs">
        <Filters of={filters} />
        <Export path={path} params={page.asked} noun={noun} columns={columns} complete={complete} />
      </Group>
      <Rows {...props} page={page} />
      <Group justify="space-between" px="md" py="sm">
        <Text size="sm" c="dimmed" aria-live="polite">
          {page.rows === undefined
            ? 'Loading…'
            : `${page.rows.length} ${page.rows.length === 1 ? noun.replace(/s$/, '') : noun}${page.isOnly ? '' : ' on this page'}`}
        </Text>
        <Group gap="xs">
          <Button size="xs" variant="default" disabled={page.previous === undefined} onClick={page.previous}>
            Previous
          </Button>
          <Button size="xs" variant="default" disabled={page.next === undefined} onClick={page.next}>
            Next
          </Button>
        </Group>
      </Group>
    </Panel>
  );
}

type Page<T> = ReturnType<typeof usePage<T & { id: string }>>;

function Rows<T extends { id: string }>({ noun, columns, to, title, page }: Props<T> & { readonly page: Page<T> }) {
  const toPath = usePath();
  if (page.rows?.length === 0) {
    return (
      <Text c="dimmed" ta="center" py="xl">
        No {noun} match these filters.
      </Text>
    );
  }
  return (
    <Box opacity={page.isStale ? 0.6 : 1}>
      <DataTable
        rows={page.rows}
        columns={columns}
        label={title ?? noun}
        keyOf={({ id }) => id}
        to={to && ((row) => toPath(to(row)))}
      />
    </Box>
  );
}

/** The page of a list that the address tells. */
function usePage<T extends { id: string }>({ path, params = {}, filters = [], complete }: Props<T>) {
  const [search, setSearch] = useSearchParams();
  const client = useClient();
  const { account } = useSpace();
  const chosen = pick(
    search,
    filters.map(({ param }) => param),
  );
  const cursor = pick(search, CURSORS);
  const asked: Params = { ...params, ...chosen };
  const { data, error, refetch, isPlaceholderData } = useQuery<List<T>, ApiError>({
    queryKey: [account.id, path, asked, cursor],
    queryFn: async ({ signal }) => {
      const list = await client.get<List<T>>(path, { ...asked, ...cursor, limit: PAGE_SIZE }, signal);
      return complete === undefined ? list : { ...list, data: await complete(client, list.data, signal) };
    },
    placeholderData: keepPreviousData,
  });
  const turn = (name: string, id: string | undefined) => () =>
    setSearch((before) => {
      const after = new URLSearchParams(before);
      CURSORS.forEach((other) => after.delete(other));
      if (id !== undefined) after.set(name, id);
      return after;
    });
  const rows = data?.data;
  const hasMore = data?.has_more === true;
  const isBackwards = search.has('ending_before');
  const isFirst = isBackwards ? !hasMore : !search.has('starting_after');
  const hasNext = isBackwards || hasMore;
  return {
    rows,
    error,
    asked,
    retry: () => void refetch(),
    isStale: isPlaceholderData,
    isFiltered: Object.keys(chosen).length > 0,
    isOnly: isFirst && !hasNext,
    isEmpty: rows?.length === 0 && Object.keys(chosen).length === 0 && isFirst,
    previous: isFirst ? undefined : turn('ending_before', rows?.[0]?.id),
    next: hasNext ? turn('starting_after', rows?.at(-1)?.id) : undefined,
  };
}

function pick(search: URLSearchParams, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = search.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}

type ExportProps<T> = {
  readonly path: string;
  readonly params: Params;
  readonly noun: string;
  readonly columns: readonly Column<T>[];
  readonly complete: Complete<T> | undefined;
};

/** Writes all of a list, not only its page, to a file; shows how far it is and can be stopped. */
function Export<T extends { id: string }>({ path, params, noun, columns, complete }: ExportProps<T>) {
  const client = useClient();
  const [count, setCount] = useState<number | null>(null);
  const running = useRef<AbortController | null>(null);
  const start = async () => {
    const controller = new AbortController();
    running.current = controller;
    setCount(0);
    try {
      const { signal } = controller;
      const found = await fetchAll<T>(client, path, params, { signal, onPage: setCount });
      const rows = complete === undefined ? found : await complete(client, found, signal);
      download(`${noun.replaceAll(' ', '-')}.csv`, toCsv(rows, columns));
    } catch (error) {
      if (!controller.signal.aborted) notifyFailure(error as ApiError);
    } finally {
      setCount(null);
    }
  };
  if (count !== null) {
    return (
      <Group gap="xs">
        <Text size="sm" c="dimmed" aria-live="polite">{`${count} so far…`}</Text>
        <Button size="xs" variant="default" onClick={() => running.current?.abort()}>
          Stop
        </Button>
      </Group>
    );
  }
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconDownload size={14} aria-hidden />}
      onClick={() => void start()}
    >
      Export
    </Button>
  );
}
