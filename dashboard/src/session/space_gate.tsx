import { Center } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Navigate, useLocation, useParams } from 'react-router';
import { ApiError } from '../api/error.ts';
import { Loading } from '../shell/loading.tsx';
import { Shell } from '../shell/shell.tsx';
import { Failure } from '../ui/failure.tsx';
import { sessionQuery } from './session.ts';
import { findAccount, type Space, SpaceContext } from './space.ts';

/** Lets pass who is logged in and names an account that exists. */
export function SpaceGate() {
  const { space: name = 'test' } = useParams();
  const here = useLocation();
  const session = useQuery(sessionQuery);
  const account = session.data && findAccount(session.data.accounts, name);
  const space = useMemo<Space | null>(
    () => (session.data === undefined || account === undefined ? null : { account, name, session: session.data }),
    [session.data, account, name],
  );
  if (session.error?.status === 401) {
    return <Navigate to="/login" replace state={{ from: `${here.pathname}${here.search}` }} />;
  }
  if (session.error !== null) {
    return (
      <Center mih="100vh" p="md">
        <Failure error={session.error} retry={() => void session.refetch()} />
      </Center>
    );
  }
  if (session.data === undefined) {
    return <Loading />;
  }
  if (space === null) {
    return (
      <Center mih="100vh" p="md">
        <Failure error={new ApiError(`This server has no account ${name}.`, { status: 404 })} what="This account" />
      </Center>
    );
  }
  return (
    <SpaceContext.Provider value={space}>
      <Shell key={space.account.id} />
    </SpaceContext.Provider>
  );
}
