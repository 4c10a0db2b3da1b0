import { Group, Text } from '@mantine/core';
import icon from '../icon.svg';

export function Logo({ size = 26 }: { readonly size?: number }) {
  return (
    <Group gap={8} wrap="nowrap">
      <img src={icon} width={size} height={size} alt="" />
      <Text fw={700} fz={size * 0.7} lh={1}>
        Usance
      </Text>
    </Group>
  );
}
