/** Everybody's, while it is only about what a login costs. */
export const password = "correct horse battery staple";
