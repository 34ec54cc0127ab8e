import { consumerProgram, defineOption, runAsMain } from "skytools/service";

const mailer = consumerProgram({
  name: "mailer",
  version: "1.0",
  summary: "write a mail for each order that is paid",
  options: {
    sender: defineOption({
      name: "sender",
      type: "text",
      default: "shop@example.com",
      reload: true,
      programs: ["mailer"],
      doc: "address that mails come from",
    }),
  },
  async handler(event, tx, { log, service }) {
    if (event.type !== "order:paid") return;
    const { id } = JSON.parse(event.data ?? "");
    const text = `order ${id} is paid`;
    await tx.query("insert into outbox (sender, text) values ($1, $2)", [service.options.sender, text]);
    log.info({ order: id }, "mail written");
  },
});

await runAsMain(mailer);
