import type { MailTexts } from "./mail-renderer.ts";

export const englishMails: MailTexts = {
  VERIFY_EMAIL: {
    subject: "Verify your e-mail address",
    paragraphs: ["Please confirm that this e-mail address is yours:"],
    action: "Verify my address",
    closing: (lifetime) => [
      `The link can be used once, within ${lifetime}.`,
      "If you did not ask for it, you can ignore this mail.",
    ],
  },
  REGISTRATION: {
    subject: "Verify your e-mail address to finish your registration",
    paragraphs: ["Please confirm that this e-mail address is yours. Then your account will be made:"],
    action: "Verify my address",
    closing: (lifetime) => [
      `The link can be used once, within ${lifetime}.`,
      "If you did not register, you can ignore this mail: no account will be made.",
    ],
  },
  ALREADY_REGISTERED: {
    subject: "You already have an account",
    paragraphs: [
      "Somebody has just tried to register with this e-mail address, but it has an account already.",
      "If it was you, log in as usual. If you have forgotten your password, you can ask for another one:",
    ],
    action: "Reset my password",
    closing: () => ["If it was not you, you can ignore this mail: nothing has changed."],
  },
  RESET: {
    subject: "Reset your password",
    paragraphs: ["Somebody asked to reset the password of your account. If it was you, choose a new password here:"],
    action: "Reset my password",
    closing: (lifetime) => [
      `The link can be used once, within ${lifetime}.`,
      "If it was not you, you can ignore this mail: your password has not been changed.",
    ],
  },
  INVITATION: {
    subject: "You have been invited",
    paragraphs: ["An account has been made for you. Choose your password to start using it:"],
    action: "Choose my password",
    closing: (lifetime) => [
      `The link can be used once, within ${lifetime}.`,
      "If you do not know what this is about, you can ignore this mail.",
    ],
  },
  PASSWORD_CHANGED: {
    subject: "Your password has been changed",
    paragraphs: [
      "The password of your account has just been changed, and other devices have been logged out.",
      "If it was not you, set another password at once:",
    ],
    action: "Set another password",
    closing: () => ["If it was you, there is nothing left to do."],
  },
};
