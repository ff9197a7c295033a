/** A component of Dapr, as the text of its file. */
export const component = (name: string, type: string, metadata: Record<string, string>): string =>
  JSON.stringify({
    apiVersion: 'dapr.io/v1alpha1',
    kind: 'Component',
    metadata: { name },
    spec: {
      type,
      version: 'v1',
      initTimeout: '60s',
      metadata: Object.entries(metadata).map(([key, value]) => ({ name: key, value })),
    },
  });
