import { Skeleton, Table, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { type Column, sortRows } from './columns.ts';
import classes from './ui.module.css';

type Props<T> = {
  /** Undefined: they are still on their way. */
  readonly rows: readonly T[] | undefined;
  readonly columns: readonly Column<T>[];
  readonly label: string;
  /** Where a row leads. */
  readonly to?: (row: T) => string;
  readonly keyOf: (row: T) => string;
};

const SKELETONS = 6;

/** A table of rows that are there. A click on a head orders them; a click on a row opens it. */
export function DataTable<T>({ rows, columns, label, to, keyOf }: Props<T>) {
  const [order, setOrder] = useState<{ header: string; isDescending: boolean } | null>(null);
  const column = columns.find(({ header }) => header === order?.header);
  const shown = rows && sortRows(rows, column, order?.isDescending ?? false);
  const turn = (header: string) =>
    setOrder(
      order?.header !== header
        ? { header, isDescending: false }
        : order.isDescending
          ? null
          : { header, isDescending: true },
    );
  return (
    <Table.ScrollContainer minWidth={320}>
      <Table
        className={classes.table}
        highlightOnHover={to !== undefined}
        verticalSpacing="xs"
        horizontalSpacing="md"
        aria-label={label}
      >
        <Table.Thead>
          <Table.Tr>
            {columns.map(({ header, value, align, isMinor }) => (
              <Table.Th
                key={header}
                ta={align}
                visibleFrom={isMinor === true ? 'sm' : undefined}
                aria-sort={order?.header !== header ? undefined : order.isDescending ? 'descending' : 'ascending'}
              >
                {value === undefined ? (
                  <span className={classes.sort}>
                    {header === '' ? <VisuallyHidden>Actions</VisuallyHidden> : header}
                  </span>
                ) : (
                  <UnstyledButton
                    className={classes.sort}
                    onClick={() => turn(header)}
                    title={`Order what is shown by ${header.toLowerCase()}`}
                  >
                    {header}
                    {order?.header === header &&
                      (order.isDescending ? <IconArrowDown size={14} /> : <IconArrowUp size={14} />)}
                  </UnstyledButton>
                )}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shown === undefined
            ? Array.from({ length: SKELETONS }, (_, place) => (
                <Table.Tr key={place}>
                  {columns.map(({ header, isMinor }) => (
                    <Table.Td key={header} visibleFrom={isMinor === true ? 'sm' : undefined}>
                      <Skeleton height={14} my={3} width="70%" />
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))
            : shown.map((row) => <Row key={keyOf(row)} row={row} columns={columns} to={to?.(row)} />)}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

type RowProps<T> = { readonly row: T; readonly columns: readonly Column<T>[]; readonly to: string | undefined };

function Row<T>({ row, columns, to }: RowProps<T>) {
  const navigate = useNavigate();
  // The first cell is the link, for keyboards and new tabs; the rest of the row is a larger target for the mouse.
  const open = to === undefined ? undefined : () => void navigate(to);
  return (
    <Table.Tr className={to === undefined ? undefined : classes.row} onClick={open}>
      {columns.map(({ header, cell, align, isMinor }, place) => (
        <Table.Td key={header} ta={align} visibleFrom={isMinor === true ? 'sm' : undefined}>
          {place === 0 && to !== undefined ? (
            <Link to={to} className={classes.rowLink} onClick={(event) => event.stopPropagation()}>
              {cell(row)}
            </Link>
          ) : (
            cell(row)
          )}
        </Table.Td>
      ))}
    </Table.Tr>
  );
}
