import '@mantine/spotlight/styles.css';
import { Loader } from '@mantine/core';
import { openSpotlight, Spotlight } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { SECTIONS } from '../sections.ts';
import { usePath, useSpace } from '../session/space.ts';
import { readRecent } from '../ui/recent.ts';
import { type Hits, useFound } from './found.ts';

/** The title names the dialog to who does not see it. */
const HIDDEN_TITLE = { header: { display: 'none' } } as const;

/** The search over all pages; it opens whenever `opens` grows. */
export default function Search({ opens }: { readonly opens: number }) {
  const [typed, setTyped] = useState('');
  const navigate = useNavigate();
  const path = usePath();
  const groups = useGroups(typed);
  const { hits, error, isWaiting } = groups.found;
  useEffect(openSpotlight, [opens]);
  const shown = [...groups.own, ...hits];
  return (
    <Spotlight.Root
      query={typed}
      onQueryChange={setTyped}
      shortcut={null}
      scrollable
      maxHeight={420}
      title="Search"
      styles={HIDDEN_TITLE}
    >
      <Spotlight.Search
        placeholder="Name, email, number, ID, or page"
        aria-label="Search"
        leftSection={isWaiting && typed !== '' ? <Loader size={16} /> : <IconSearch size={18} aria-hidden />}
      />
      <Spotlight.ActionsList>
        {shown.map(({ kind, hits: ofKind }) => (
          <Spotlight.ActionsGroup key={kind} label={kind}>
            {ofKind.map((hit) => (
              <Spotlight.Action
                key={hit.path}
                label={hit.label}
                description={hit.about}
                onClick={() => void navigate(path(hit.path))}
              />
            ))}
          </Spotlight.ActionsGroup>
        ))}
        {shown.length === 0 && (
          <Spotlight.Empty>
            {error !== null ? error.message : isWaiting ? 'Searching…' : emptyWords(typed)}
          </Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

function emptyWords(typed: string): string {
  if (typed.trim().length < 3) return 'Type three characters or more.';
  return 'Nothing has that name, email, number or ID.';
}

/** Pages by their names, what was looked at last, and what the account has. */
function useGroups(typed: string) {
  const { account } = useSpace();
  const found = useFound(typed);
  const text = typed.trim().toLowerCase();
  const sections = SECTIONS.filter(({ isTestOnly }) => !(isTestOnly === true && account.livemode));
  const pages = sections.filter(({ label }) => label.toLowerCase().includes(text));
  const recent = readRecent(account.id).filter(({ label }) => label.toLowerCase().includes(text));
  const own: readonly Hits[] = [
    { kind: 'Recent', hits: recent.map(({ label, path }) => ({ label, about: path, path })) },
    { kind: 'Pages', hits: pages.map(({ label, path }) => ({ label, about: '', path })) },
  ];
  return { own: own.filter(({ hits }) => hits.length > 0), found };
}
