// The browser's notifications: only after the user asked for them, and of what is for the user.

import { device, keep, stored } from './api.js';

export const wanted = () => Boolean(stored(device, '-notify')) && globalThis.Notification?.permission === 'granted';

export const setNotify = (on) => keep(device, '-notify', on);

export const allowed = async () => Boolean(globalThis.Notification) && (await Notification.requestPermission()) === 'granted';

// Tells of TEXT by WHO when the page is not looked at; open() when it is clicked.
export function notify(who, text, tag, open) {
  if (document.hasFocus() || !wanted()) return;
  try {
    const shown = new Notification(who, { body: text, tag, icon: 'icon.svg' });
    shown.onclick = () => {
      window.focus();
      shown.close();
      open();
    };
  } catch {} // phones allow it to service workers alone
}
