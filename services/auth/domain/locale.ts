/** The languages that Limen writes mails in. */
export type Locale = "en" | "es";

const locales: readonly Locale[] = ["en", "es"];
const fallback: Locale = "en";

/** The one of them that a header Accept-Language prefers (RFC 9110, section 12.5.4); English where it wants none. */
export function chooseLocale(acceptLanguage: string): Locale {
  let best: { readonly locale: Locale; readonly weight: number } | undefined;
  for (const range of acceptLanguage.split(",")) {
    const [, language, weight] =
      /^\s*([a-z]{1,8})(?:-[a-z\d-]+)?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*$/i.exec(range) ?? [];
    const locale = locales.find((known) => known === language?.toLowerCase());
    const wish = { locale, weight: Number(weight ?? 1) };
    if (wish.locale !== undefined && wish.weight > (best?.weight ?? 0)) best = { ...wish, locale: wish.locale };
  }
  return best?.locale ?? fallback;
}
