import type { MailTexts } from "./mail-renderer.ts";

export const spanishMails: MailTexts = {
  VERIFY_EMAIL: {
    subject: "Verifica tu dirección de correo",
    paragraphs: ["Confirma que esta dirección de correo es tuya:"],
    action: "Verificar mi dirección",
    closing: (lifetime) => [
      `El enlace sirve una sola vez, durante ${lifetime}.`,
      "Si no lo has pedido tú, puedes ignorar este mensaje.",
    ],
  },
  REGISTRATION: {
    subject: "Verifica tu dirección de correo para terminar el registro",
    paragraphs: ["Confirma que esta dirección de correo es tuya. Después se creará tu cuenta:"],
    action: "Verificar mi dirección",
    closing: (lifetime) => [
      `El enlace sirve una sola vez, durante ${lifetime}.`,
      "Si no te has registrado tú, puedes ignorar este mensaje: no se creará ninguna cuenta.",
    ],
  },
  ALREADY_REGISTERED: {
    subject: "Ya tienes una cuenta",
    paragraphs: [
      "Alguien acaba de intentar registrarse con esta dirección de correo, pero ya tiene una cuenta.",
      "Si has sido tú, inicia sesión como siempre. Si has olvidado tu contraseña, puedes pedir otra:",
    ],
    action: "Restablecer mi contraseña",
    closing: () => ["Si no has sido tú, puedes ignorar este mensaje: no ha cambiado nada."],
  },
  RESET: {
    subject: "Restablece tu contraseña",
    paragraphs: [
      "Alguien ha pedido restablecer la contraseña de tu cuenta. Si has sido tú, elige aquí una contraseña nueva:",
    ],
    action: "Restablecer mi contraseña",
    closing: (lifetime) => [
      `El enlace sirve una sola vez, durante ${lifetime}.`,
      "Si no has sido tú, puedes ignorar este mensaje: tu contraseña no ha cambiado.",
    ],
  },
  INVITATION: {
    subject: "Tienes una invitación",
    paragraphs: ["Se ha creado una cuenta para ti. Elige tu contraseña para empezar a usarla:"],
    action: "Elegir mi contraseña",
    closing: (lifetime) => [
      `El enlace sirve una sola vez, durante ${lifetime}.`,
      "Si no sabes de qué se trata, puedes ignorar este mensaje.",
    ],
  },
  PASSWORD_CHANGED: {
    subject: "Tu contraseña ha cambiado",
    paragraphs: [
      "La contraseña de tu cuenta acaba de cambiar y se ha cerrado la sesión en los demás dispositivos.",
      "Si no has sido tú, elige otra contraseña enseguida:",
    ],
    action: "Elegir otra contraseña",
    closing: () => ["Si has sido tú, no tienes que hacer nada más."],
  },
  CHANGE_EMAIL: {
    subject: "Confirma tu nueva dirección de correo",
    paragraphs: ["Confirma que tu cuenta debe tener esta dirección de correo a partir de ahora:"],
    action: "Usar esta dirección",
    closing: (lifetime) => [
      `El enlace sirve una sola vez, durante ${lifetime}.`,
      "Si no lo has pedido tú, puedes ignorar este mensaje: no cambiará nada.",
    ],
  },
  EMAIL_CHANGE_REQUESTED: {
    subject: "Tu dirección de correo está a punto de cambiar",
    paragraphs: [
      "Alguien que conoce tu contraseña ha pedido otra dirección de correo para tu cuenta. El cambio se hará cuando se confirme en esa dirección.",
      "Si no has sido tú, elige otra contraseña enseguida. Así se detiene el cambio:",
    ],
    action: "Elegir otra contraseña",
    closing: () => ["Si has sido tú, aquí no tienes que hacer nada más: sigue el enlace del otro mensaje."],
  },
  EMAIL_CHANGED: {
    subject: "Tu dirección de correo ha cambiado",
    paragraphs: [
      "Tu cuenta tiene ahora otra dirección de correo. Ya no puedes iniciar sesión con esta, y se ha cerrado la sesión en los demás dispositivos.",
      "Si no has sido tú, avísanos enseguida:",
    ],
    action: "Contactar",
    closing: () => ["Si has sido tú, no tienes que hacer nada más."],
  },
  EMAIL_CHANGE_REJECTED: {
    subject: "No se ha podido cambiar tu dirección de correo",
    paragraphs: [
      "El cambio de dirección de correo que se confirmó no se ha podido hacer. Tu cuenta conserva esta dirección.",
      "Si no has pedido ningún cambio, elige otra contraseña enseguida:",
    ],
    action: "Elegir otra contraseña",
    closing: () => ["Si has sido tú, inicia sesión con esta dirección como siempre."],
  },
  EMAIL_IN_USE: {
    subject: "Alguien ha querido usar tu dirección de correo",
    paragraphs: [
      "Alguien ha pedido esta dirección de correo para otra cuenta. Ya es tuya, y lo sigue siendo.",
      "Si has sido tú, inicia sesión con esta dirección. Si has olvidado tu contraseña, puedes pedir otra:",
    ],
    action: "Restablecer mi contraseña",
    closing: () => ["Si no has sido tú, puedes ignorar este mensaje: no ha cambiado nada."],
  },
};
