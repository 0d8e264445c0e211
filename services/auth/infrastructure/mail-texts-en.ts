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
  CHANGE_EMAIL: {
    subject: "Confirm your new e-mail address",
    paragraphs: ["Please confirm that your account shall have this e-mail address from now on:"],
    action: "Use this address",
    closing: (lifetime) => [
      `The link can be used once, within ${lifetime}.`,
      "If you did not ask for it, you can ignore this mail: nothing will change.",
    ],
  },
  EMAIL_CHANGE_REQUESTED: {
    subject: "Your e-mail address is about to change",
    paragraphs: [
      "Somebody who knows your password has asked for another e-mail address for your account. It takes effect when it is confirmed at that address.",
      "If it was not you, set another password at once. That stops it:",
    ],
    action: "Set another password",
    closing: () => ["If it was you, there is nothing left to do here: follow the link in the other mail."],
  },
  EMAIL_CHANGED: {
    subject: "Your e-mail address has been changed",
    paragraphs: [
      "Your account has another e-mail address now. You can no longer log in with this one, and other devices have been logged out.",
      "If it was not you, tell us at once:",
    ],
    action: "Contact us",
    closing: () => ["If it was you, there is nothing left to do."],
  },
  EMAIL_CHANGE_REJECTED: {
    subject: "Your e-mail address could not be changed",
    paragraphs: [
      "The change of your e-mail address that was confirmed could not be made. Your account keeps this address.",
      "If you did not ask for a change, set another password at once:",
    ],
    action: "Set another password",
    closing: () => ["If it was you, log in with this address as usual."],
  },
  EMAIL_IN_USE: {
    subject: "Somebody wanted to use your e-mail address",
    paragraphs: [
      "Somebody has asked for this e-mail address for another account. It is yours already, and stays so.",
      "If it was you, log in with this address. If you have forgotten your password, you can ask for another one:",
    ],
    action: "Reset my password",
    closing: () => ["If it was not you, you can ignore this mail: nothing has changed."],
  },
};
