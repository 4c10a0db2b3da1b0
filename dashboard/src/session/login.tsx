import { Alert, Button, Card, Center, Group, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useLocation, useNavigate } from 'react-router';
import type { ApiError } from '../api/error.ts';
import { Logo } from '../shell/logo.tsx';
import { logIn, type Session, sessionQuery, setUp } from './session.ts';

type Login = { email: string; password: string };

/** Where somebody logs in; with a link after `#` they choose their address and password first. */
export function Component() {
  const { hash, state } = useLocation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const link = hash.slice(1);
  const isSetUp = link !== '';
  const form = useForm<Login>({ initialValues: { email: '', password: '' } });
  const enter = useMutation<Session, ApiError, Login>({
    mutationFn: (login) => (isSetUp ? setUp({ link, ...login }) : logIn(login)),
    onSuccess: (session) => {
      queries.setQueryData(sessionQuery.queryKey, session);
      void navigate((state as { from?: string } | null)?.from ?? '/', { replace: true });
    },
    onError: (error) => {
      if (error.param !== undefined) form.setFieldError(error.param, error.message);
    },
  });
  return (
    <Center mih="100vh" p="md" component="main">
      <Stack w={380} maw="100%" gap="lg">
        <Logo size={36} />
        <Card withBorder padding="xl" radius="md">
          <form onSubmit={form.onSubmit((login) => enter.mutate(login))}>
            <Stack>
              <Title order={1} size="h3">
                {isSetUp ? 'Welcome to Usance' : 'Log in'}
              </Title>
              {isSetUp && <Text c="dimmed">Choose how you will log in to this server from now on.</Text>}
              {enter.error !== null && enter.error.param === undefined && (
                <Alert color="red" variant="light" role="alert">
                  {enter.error.message}
                </Alert>
              )}
              <TextInput
                label="Email"
                type="email"
                required
                autoComplete="username"
                autoFocus
                {...form.getInputProps('email')}
              />
              <PasswordInput
                label="Password"
                description={isSetUp ? 'At least 10 characters.' : undefined}
                required
                autoComplete={isSetUp ? 'new-password' : 'current-password'}
                {...form.getInputProps('password')}
              />
              <Button type="submit" loading={enter.isPending} fullWidth>
                {isSetUp ? 'Set password and log in' : 'Log in'}
              </Button>
            </Stack>
          </form>
        </Card>
        {!isSetUp && (
          <Group justify="center">
            <Text size="sm" c="dimmed" ta="center">
              No password yet, or lost it? Run <code>npx usance login</code> on the server for a link.
            </Text>
          </Group>
        )}
      </Stack>
    </Center>
  );
}
