import { ActionIcon, Box, Code, CopyButton, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import classes from './ui.module.css';

type Props = { readonly path: string; readonly params?: readonly string[]; readonly method?: 'GET' | 'POST' };

/** The command that does the same as the page, to be copied into a terminal. */
export function Curl({ path, params = [], method = 'POST' }: Props) {
  const lines = [
    `curl ${method === 'GET' ? '-G ' : ''}${window.location.origin}${path} -u "$KEY:"`,
    ...params.map((param) => `  -d ${/[^\w=.:/-]/.test(param) ? `"${param}"` : param}`),
  ];
  const text = lines.join(' \\\n');
  return (
    <Box className={classes.curl}>
      <Code block>{text}</Code>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? 'Copied' : 'Copy'}>
            <ActionIcon
              className={classes.curlCopy}
              variant="subtle"
              color="gray"
              aria-label="Copy command"
              onClick={copy}
            >
              {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </Box>
  );
}
