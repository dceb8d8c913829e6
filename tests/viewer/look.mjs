// look.mjs CACHE VIEWER SERVER PICTURES: opens the study list and both studies, and looks at the pixels of what is shown.
import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';

const [cache, viewer, server, pictures] = process.argv.slice(2);
const require = createRequire(path.join(cache, 'package.json'));
const { chromium } = require('playwright-core');
const { PNG } = require('pngjs');

const studies = [['2.25.111', 'Uncompressed'], ['2.25.222', 'JPEG2000']];
const results = { passed: 0, failed: 0 };
function expect(what, holds, seen = '') {
  results[holds ? 'passed' : 'failed'] += 1;
  console.log(`${holds ? 'ok' : 'NOT OK'} - ${what}${seen ? ` (${seen})` : ''}`);
}

// How many different grey levels the middle of a picture has: an empty viewport has a few, an image many.
function greyLevels(file) {
  const image = PNG.sync.read(fs.readFileSync(file));
  const levels = new Set();
  for (let y = Math.floor(image.height * 0.3); y < image.height * 0.7; y += 1) {
    for (let x = Math.floor(image.width * 0.3); x < image.width * 0.7; x += 1) levels.add(image.data[(y * image.width + x) * 4]);
  }
  return levels.size;
}

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: [
  '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'] });
const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
await page.addInitScript(() => localStorage.setItem('shownTours', '["basicViewerTour"]'));
const refused = [];
page.on('response', response => { if (response.status() >= 400 && response.url().includes('/dicom-web')) refused.push(`${response.status()} ${response.url()}`); });

await page.goto(`${server}/`);
await page.waitForLoadState('load');
await page.screenshot({ path: path.join(pictures, 'start-page.png') });
expect('the start page says what is running', (await page.textContent('body')).includes('Isocenter'));

await page.goto(`${viewer}/viewer/`);
for (const [, name] of studies) {
  const row = page.getByText(new RegExp(name, 'i')).first();
  await row.waitFor({ timeout: 60_000 }).catch(() => {});
  expect(`the study list shows ${name}`, await row.isVisible());
}
await page.screenshot({ path: path.join(pictures, 'study-list.png') });

for (const [uid, name] of studies) {
  const frames = [];
  const note = response => { if (response.url().includes('/frames/') && response.status() === 200) frames.push(response.url()); };
  page.on('response', note);
  await page.goto(`${viewer}/viewer/viewer?StudyInstanceUIDs=${uid}`);
  const picture = path.join(pictures, `${name}.png`);
  let levels = 0;
  for (let tries = 0; tries < 40 && levels < 50; tries += 1) {
    await page.waitForTimeout(1500);
    const canvas = page.locator('.cornerstone-canvas, canvas').first();
    if (await canvas.isVisible()) {
      await canvas.screenshot({ path: picture });
      levels = greyLevels(picture);
    }
  }
  expect(`frames of ${name} were retrieved`, frames.length > 0, `${frames.length}`);
  expect(`the pixels of ${name} are shown`, levels >= 50, `${levels} grey levels`);
  await page.screenshot({ path: path.join(pictures, `${name}-page.png`) });
  page.off('response', note);
}
expect('no DICOMweb request was refused', refused.length === 0, refused.slice(0, 5).join('; '));
await browser.close();
console.log(`${results.passed} passed, ${results.failed} failed`);
process.exit(results.failed ? 1 : 0);
