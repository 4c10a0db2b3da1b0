import { Button, Group, Stack } from '@mantine/core';
import { focusProblem } from '../ui/focus_problem.ts';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { draftModel } from './draft.ts';
import { draftWords } from './draft_words.ts';
import { FormFailure, PriceEditor } from './price_editor.tsx';
import { PricePreview } from './price_preview.tsx';
import type { DraftState } from './use_draft.ts';
import classes from './catalog.module.css';

type Props = {
  readonly state: DraftState;
  readonly unitLabel: string | null;
  /** Called when the price can be sent. */
  readonly onDone: () => void;
  readonly onCancel: () => void;
  readonly crumbs: readonly (readonly [string, string])[];
  readonly submit: string;
  readonly isPending?: boolean;
  /** What the API said of no field in particular. */
  readonly failure?: string;
};

/** The page on which all of a price is typed. */
export function AddPriceStep(props: Props) {
  const { state, unitLabel, onDone, onCancel, crumbs, submit, isPending, failure } = props;
  const { draft, problems, change, check } = state;
  return (
    <Page title="Add price" crumbs={crumbs}>
      <form
        className={classes.columns}
        onSubmit={(event) => {
          event.preventDefault();
          if (check()) onDone();
          else focusProblem(event.currentTarget);
        }}
      >
        <Stack gap="lg">
          <Panel title="Pricing">
            <PriceEditor draft={draft} onChange={change} problems={problems} />
          </Panel>
          <FormFailure message={failure} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onCancel}>
              Cancel
            </Button>
            <Button type="submit" loading={isPending}>
              {submit}
            </Button>
          </Group>
        </Stack>
        <div className={classes.aside}>
          <PricePreview
            model={draftModel(draft)}
            currency={draft.currency}
            unitLabel={unitLabel}
            words={draftWords(draft, unitLabel)}
            isUsage={draft.model === 'usage'}
          />
        </div>
      </form>
    </Page>
  );
}
