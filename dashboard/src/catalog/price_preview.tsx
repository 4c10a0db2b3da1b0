import { Box, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { lazy, Suspense, useMemo, useState } from 'react';
import { parseExact } from '../ui/exact.ts';
import { Panel } from '../ui/panel.tsx';
import { costOf, type PriceModel } from './cost.ts';
import { curveOf } from './curve.ts';
import { sayExample } from './words.ts';
import classes from './catalog.module.css';

const CurveChart = lazy(() => import('./curve_chart.tsx'));

const HEIGHT = 200;

type Props = {
  /** Undefined while something is missing. */
  readonly model: PriceModel | undefined;
  readonly currency: string;
  readonly unitLabel?: string | null;
  /** How the price is called, once it can be told. */
  readonly words?: string;
  readonly isUsage: boolean;
};

/** What a price comes to: its curve, and a calculation for a quantity that one types. */
export function PricePreview({ model, currency, unitLabel = null, words, isUsage }: Props) {
  const [typed, setTyped] = useState<string>();
  const text = typed ?? suggest(model) ?? '';
  const quantity = readQuantity(text);
  const points = useMemo(
    () => (model === undefined ? [] : curveOf(model, readQuantity(text), currency)),
    [model, text, currency],
  );
  const example =
    model !== undefined && quantity !== undefined
      ? { model, quantity, cost: costOf(model, quantity), currency, unitLabel }
      : undefined;
  return (
    <Panel title="Preview">
      <Stack gap="sm">
        {words !== undefined && <Text fw={600}>{words}</Text>}
        {model === undefined ? (
          <Text size="sm" c="dimmed">
            Enter the price to see what it comes to.
          </Text>
        ) : (
          <>
            <Box
              role="img"
              h={HEIGHT}
              aria-label={`Total cost from 0 to ${points.at(-1)?.unitsText} units: ${points[0]?.costText} to ${points.at(-1)?.costText}`}
            >
              <Suspense fallback={<Skeleton h={HEIGHT} />}>
                <CurveChart points={points} currency={currency} height={HEIGHT} />
              </Suspense>
            </Box>
            <TextInput
              label={isUsage ? 'Example usage' : 'Example quantity'}
              inputMode="decimal"
              autoComplete="off"
              value={text}
              onChange={(event) => setTyped(event.currentTarget.value)}
              error={quantity === undefined ? 'Enter a number of units, such as 1,250.' : undefined}
            />
            <Text size="sm" className={classes.example} aria-live="polite" data-testid="example">
              {example === undefined ? '' : sayExample(example)}
            </Text>
            {example?.cost.isRounded === true && (
              <Text size="xs" c="dimmed">
                Each line of an invoice is rounded, halves away from zero.
              </Text>
            )}
          </>
        )}
      </Stack>
    </Panel>
  );
}

/** A quantity that shows something: past the end of the first tier, or a package begun. */
function suggest(model: PriceModel | undefined): string | undefined {
  if (model === undefined) return undefined;
  if (model.kind === 'per_unit') return '100';
  if (model.kind === 'package') return String(model.size * 2n + 1n);
  const last = model.tiers.at(-2)?.upTo ?? 80n;
  return String(last + (last / 4n > 0n ? last / 4n : 1n));
}

/** A quantity that is not negative; no meter counts further than 15 digits. */
function readQuantity(text: string) {
  const plain = text.replaceAll(',', '').trim();
  return /^\d{1,15}(\.\d{1,12})?$/.test(plain) ? parseExact(plain) : undefined;
}
