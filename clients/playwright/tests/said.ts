/** What goes wrong, in words: without colours, and without what differs from run to run. */
export async function said(failing: () => unknown): Promise<string> {
  try {
    await failing();
  } catch (error) {
    return (error as Error).message
      .replace(/\u001b\[\d+m/g, '')
      .replace(/(looked +)(once|\d+ times in \d+\.\d s)/, '$1…')
      .replace(/127\.0\.0\.1:\d{4,5}/g, '127.0.0.1:PORT');
  }
  throw new Error('nothing failed');
}
