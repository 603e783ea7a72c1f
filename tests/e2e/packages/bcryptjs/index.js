// Password hashes, which take the CPU for a while.

const bcrypt = require("bcryptjs");

exports.handler = async () => {
  const salt = "$2b$04$abcdefghijklmnopqrstuu";
  const made = await bcrypt.hash("secret", 4);
  return {
    fixed: bcrypt.hashSync("secret", salt),
    unicode: bcrypt.hashSync("pässwörd €", salt),
    known: bcrypt.compareSync("secret", bcrypt.hashSync("secret", salt)),
    made: [/^\$2b\$04\$.{53}$/.test(made), await bcrypt.compare("secret", made), await bcrypt.compare("wrong", made)],
    salts: bcrypt.genSaltSync(4) !== bcrypt.genSaltSync(4),
    rounds: bcrypt.getRounds(made),
    truncates: bcrypt.truncates("x".repeat(73)),
    called: await new Promise((resolve) => bcrypt.compare("secret", made, (_error, same) => resolve(same))),
  };
};
