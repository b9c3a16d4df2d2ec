import { expect, virtualCamera } from '@camtoken/playwright';
import { test } from './bank.js';

/** A page that shows what its camera sees, under a policy that lets nothing in from elsewhere. */
const filming = `<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'self' 'unsafe-inline'; media-src mediastream:">
  <video autoplay muted playsinline style="width: 800px"></video><p role="status"></p>
  <script type="module">
    const status = document.querySelector('p');
    try {
      const [camera] = await navigator.mediaDevices.enumerateDevices();
      const film = await navigator.mediaDevices.getUserMedia({ video: { deviceId: camera.deviceId } });
      document.querySelector('video').srcObject = film;
      status.textContent = film.getVideoTracks()[0].label;
    } catch (error) {
      status.textContent = String(error);
    }
  </script>`;

test('a page films what is held before its camera, and what comes after it', async ({ context, page, token, registered }) => {
  await context.route('http://bank.example/', (route) => route.fulfill({ contentType: 'text/html', body: filming }));
  const camera = await virtualCamera(context);
  await camera.show(await (await registered.issue({ amount: 1 })).png());
  await page.goto('http://bank.example/');
  await expect(page.getByRole('status')).toHaveText('Fake camera');
  expect(await token.scan(page.locator('video'))).toShow({ amount: 1 });

  // While the video runs.
  await camera.clear();
  await expect.poll(async () => (await token.scan(page.locator('video'), { timeout: 0 })).refusal?.code).toBe('T01');
  await camera.show(await (await registered.issue({ amount: 22 })).png());
  expect(await token.scan(page.locator('video'))).toShow({ amount: 22 });

  // A page that comes later sees the same.
  await page.reload();
  await registered.issue({ amount: 22 });
  expect((await token.scan(page.locator('video'))).refusal?.code).not.toBe('T01');
});

test('what stands on one page is held before the camera of another', async ({ context, page, token, registered }) => {
  await context.route('http://bank.example/', (route) => route.fulfill({ contentType: 'text/html', body: filming }));
  const picture = (await (await registered.issue({ amount: 333 })).png()).toString('base64');
  const other = await context.newPage();
  await other.setContent(`<img style="width: 260px; margin: 40px" src="data:image/png;base64,${picture}">`);
  await page.goto('http://bank.example/');
  const camera = await virtualCamera(context);
  await page.reload();
  await camera.show(other.locator('img'));
  await page.bringToFront();
  expect(await token.scan(page.locator('video'))).toShow({ amount: 333 });
});

test('the text of a code is no picture', async ({ context, registered }) => {
  const camera = await virtualCamera(context);
  await expect(camera.show((await registered.issue()).code)).rejects.toThrow(/a camera sees pictures/);
});
