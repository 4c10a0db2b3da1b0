import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './app.css';
import { createTheme, type CSSVariablesResolver, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createBrowserRouter, Navigate, type RouteObject } from 'react-router';
import { RouterProvider } from 'react-router/dom';
import { ApiError } from './api/error.ts';
import { SECTIONS } from './sections.ts';
import { sessionQuery } from './session/session.ts';
import { SpaceGate } from './session/space_gate.tsx';
import { Broken, Missing } from './shell/broken.tsx';
import { Loading } from './shell/loading.tsx';
import { styleNonce } from './nonce.ts';

const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 7, dark: 7 },
  defaultRadius: 'md',
  cursorType: 'pointer',
  fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif',
  headings: { fontWeight: '650' },
  respectReducedMotion: true,
});

/** Mantine's own are paler than the 4.5 : 1 by which small text can be read. */
const readableColors: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#5a6169',
    '--mantine-color-placeholder': '#6c737a',
    '--mantine-color-orange-light-color': '#a3350a',
    '--mantine-color-teal-light-color': '#066649',
    '--mantine-color-red-light-color': '#b02525',
  },
  dark: { '--mantine-color-dimmed': '#a3a3a3', '--mantine-color-placeholder': '#9a9a9a' },
});

const MAX_RETRIES = 2;

const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      // Whoever finds the session over is sent to log in.
      if (error instanceof ApiError && error.status === 401)
        void queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
    },
  }),
  defaultOptions: {
    queries: {
      // What the server refuses it will refuse again.
      retry: (count, error) =>
        count < MAX_RETRIES && (!(error instanceof ApiError) || error.status === 0 || error.status >= 500),
      retryDelay: 500,
      staleTime: 2_000,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

const routes: RouteObject[] = [
  {
    path: '/login',
    lazy: () => import('./session/login.tsx'),
    errorElement: <Broken />,
    hydrateFallbackElement: <Loading />,
  },
  { path: '/', element: <Navigate to="/test" replace /> },
  {
    path: '/:space',
    element: <SpaceGate />,
    errorElement: <Broken />,
    hydrateFallbackElement: <Loading />,
    children: [
      {
        errorElement: <Broken isInside />,
        children: [...SECTIONS.flatMap((section) => section.routes), { path: '*', element: <Missing /> }],
      },
    ],
  },
];

const router = createBrowserRouter(routes);

export function App() {
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      cssVariablesResolver={readableColors}
      getStyleNonce={styleNonce}
    >
      <Notifications position="bottom-right" />
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
