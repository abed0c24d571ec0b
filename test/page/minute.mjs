// A user of a site with a login of httpd's opens a page with the box, and writes: minute.mjs URL USER PASSWORD
import { PATIENCE, startBrowser } from './lib.mjs';

const [url, username, password] = process.argv.slice(2);
const browser = await startBrowser();
try {
  const context = await browser.newContext({ httpCredentials: { username, password }, locale: 'en-GB' });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  await page.goto(url);
  const box = page.locator('mod-chat');
  await box.locator('textarea').fill('from the box');
  await box.locator('textarea').press('Enter');
  await box.locator('article:not([data-key*="-"])', { hasText: 'from the box' }).waitFor(); // it is stored
  console.log(`${username} is in`);
} finally {
  await browser.close();
}
