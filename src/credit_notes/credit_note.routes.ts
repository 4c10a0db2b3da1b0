import { pageInMemory } from '../invoices/line_page.ts';
import { requireFiltered } from '../invoices/read.ts';
import type { Payments } from '../payments/payments.ts';
import type { Context } from '../stripe/context.ts';
import { listPage, listView, type PagingParams } from '../stripe/lists.ts';
import { type Route, route } from '../stripe/route.ts';
import { changeCreditNote, voidCreditNote } from './change.ts';
import type { WholeCreditNote } from './credit_note.ts';
import {
  createCreditNoteParams,
  listCreditNoteLinesParams,
  type ListCreditNotesParams,
  listCreditNotesParams,
  noParams,
  previewLinesParams,
  updateCreditNoteParams,
} from './credit_note.params.ts';
import { filterCreditNotes, toCreditNote } from './credit_note.sql.ts';
import { viewCreditNote, viewCreditNoteLine, viewPreview } from './credit_note.view.ts';
import { beginIssue, previewCreditNote, refundingSteps } from './issue.ts';
import { completeNotes, requireCreditNote } from './read.ts';

const answers = { object: 'credit_note' };

export function creditNoteRoutes(payments: Payments): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/credit_notes',
      answers,
      params: createCreditNoteParams,
      begin: (context, params) => beginIssue(context, payments, params),
      ...refundingSteps(payments),
    }),
    route({
      method: 'GET',
      path: '/v1/credit_notes/preview',
      answers,
      params: createCreditNoteParams,
      handle: async (context, params) => viewPreview(context, await previewCreditNote(context, payments, params)),
    }),
    route({
      method: 'GET',
      path: '/v1/credit_notes/preview/lines',
      answers: { list: 'credit_note_line_item' },
      params: previewLinesParams,
      async handle(context, params) {
        return listLines(context, await previewCreditNote(context, payments, params), params, 'preview');
      },
    }),
    route({
      method: 'POST',
      path: '/v1/credit_notes/:id/void',
      answers,
      params: noParams,
      handle: async (context, _params, { id = '' }) =>
        viewCreditNote(context, await voidCreditNote(context, payments, id)),
    }),
    ...readRoutes,
  ];
}

const readRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/v1/credit_notes',
    answers: { list: 'credit_note' },
    params: listCreditNotesParams,
    handle: listCreditNotes,
  }),
  route({
    method: 'GET',
    path: '/v1/credit_notes/:id',
    answers,
    params: noParams,
    handle: async (context, _params, { id = '' }) => viewCreditNote(context, await requireCreditNote(context, id)),
  }),
  route({
    method: 'POST',
    path: '/v1/credit_notes/:id',
    answers,
    params: updateCreditNoteParams,
    handle: async (context, params, { id = '' }) =>
      viewCreditNote(context, await changeCreditNote(context, id, params)),
  }),
  route({
    method: 'GET',
    path: '/v1/credit_notes/:credit_note/lines',
    answers: { list: 'credit_note_line_item' },
    params: listCreditNoteLinesParams,
    async handle(context, params, { credit_note: id = '' }) {
      return listLines(context, await requireCreditNote(context, id), params, id);
    },
  }),
];

async function listCreditNotes(context: Context, params: ListCreditNotesParams) {
  await requireFiltered(context, params);
  const page = await listPage(context, {
    table: 'credit_notes',
    kind: 'credit_note',
    paging: params,
    created: params.created,
    refine: (query) => filterCreditNotes(query, params),
  });
  const notes = await completeNotes(context, page.rows.map(toCreditNote));
  const data = notes.map((whole) => viewCreditNote(context, whole));
  return listView('/v1/credit_notes', data, page.hasMore);
}

function listLines(context: Context, { lines, rates }: WholeCreditNote, paging: PagingParams, name: string) {
  const page = pageInMemory(lines, paging, 'credit_note_line_item');
  const data = page.items.map((line) => viewCreditNoteLine(context, line, rates));
  return listView(`/v1/credit_notes/${name}/lines`, data, page.hasMore);
}
