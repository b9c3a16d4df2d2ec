import { virtualCamera } from '@camtoken/fake-camera';
import { expect, test as base, type Page } from '@playwright/test';

/** A page that shows what its camera sees, or why there is none. */
const FILMING = `<!doctype html><button>Film</button><video autoplay muted playsinline></video><p role="status"></p><script>
  document.querySelector('button').onclick = async () => {
    const status = document.querySelector('p');
    status.textContent = '';
    try {
      document.querySelector('video').srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
      status.textContent = 'films';
    } catch (error) {
      status.textContent = error.name;
    }
  };
</script>`;

const test = base.extend({
  context: async ({ context }, use) => {
    await context.route('https://tickets.example/', (route) => route.fulfill({ contentType: 'text/html', body: FILMING }));
    await use(context);
  },
});

const open = (page: Page) => page.goto('https://tickets.example/');

async function film(page: Page, status: string) {
  await page.getByRole('button').click();
  await expect(page.getByRole('status')).toHaveText(status);
}

/** The pixel in the middle of the video: red, green and blue. */
const middle = (page: Page) =>
  page.locator('video').evaluate((video: HTMLVideoElement) => {
    const canvas = new OffscreenCanvas(1, 1).getContext('2d')!;
    canvas.drawImage(video, video.videoWidth / 2, video.videoHeight / 2, 1, 1, 0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => Math.round(value / 64));
  });

const GREY = [2, 2, 2];
const RED = [4, 0, 0];

const red = async (page: Page) => {
  await page.setContent('<body style="background: red">');
  return page.screenshot();
};

for (const [what, bytes] of [
  ['text', Buffer.from('no picture')],
  ['nothing', new Uint8Array()],
  ['half a picture', 'half'],
] as const) {
  test(`${what} before a camera that films is told, and what was there stays`, async ({ context, page }) => {
    const camera = await virtualCamera(context);
    const picture = await red(page);
    await open(page);
    await camera.show(picture);
    await film(page, 'films');
    await expect.poll(() => middle(page)).toEqual(RED);

    const wrong = bytes === 'half' ? picture.subarray(0, 60) : bytes;
    await expect(camera.show(wrong)).rejects.toThrow(/^fake camera: this is no picture that a browser reads: .+\n {2}hint {2}PNG and JPEG are\. Before the camera is what was there\.$/);
    await page.waitForTimeout(200); // three frames of the video
    expect(await middle(page)).toEqual(RED);
    // A page that asks later gets it, too.
    await open(page);
    await film(page, 'films');
    await expect.poll(() => middle(page)).toEqual(RED);
    await camera.clear();
    await expect.poll(() => middle(page)).toEqual(GREY);
  });
}

test('what no page could look at yet is a camera that cannot be read, until a picture is shown', async ({ context, page }) => {
  const camera = await virtualCamera(context);
  const picture = await red(page);
  await page.close();
  await camera.show(Buffer.from('no picture'));
  const later = await context.newPage();
  await open(later);
  await film(later, 'NotReadableError');
  await camera.show(picture);
  await film(later, 'films');
  await expect.poll(() => middle(later)).toEqual(RED);
});
