import type { Configuration } from 'oidc-provider';
import { accountOf, PEOPLE } from './people.ts';

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${title}</title>
  <h1>${title}</h1>
  ${body}
</html>`;

/** Choosing a person is all there is to signing in. */
export function choice(system: string): string {
  const buttons = (PEOPLE[system] ?? []).map(
    (person) =>
      `<p><button name="account" value="${accountOf(system, person)}">${person.name} (${person.role})</button></p>`,
  );
  const about = '<p>For development: everybody may be anybody.</p>';
  return page(`Sign in to ${system}`, `${about}<form method="post">${buttons.join('')}</form>`);
}

/** What is shown to somebody who came too late, or from nowhere. */
export const tooLate = (): string => page('Too late', '<p>Go back to the page and sign in again.</p>');

const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** The pages of the provider itself, which ask for nothing elsewhere. */
export const pages = {
  renderError(context, { error, error_description: description = '' }) {
    context.type = 'html';
    context.body = page('That does not work', `<p>${escaped(`${error}: ${description}`)}</p>`);
  },
  features: {
    rpInitiatedLogout: {
      logoutSource(context, form) {
        const button = '<button form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>';
        context.body = page('Sign out', `${form}<p>${button}</p>`);
      },
      postLogoutSuccessSource(context) {
        context.body = page('Signed out', '<p>You are signed out.</p>');
      },
    },
  },
} satisfies Configuration;
