import { useMemo } from 'preact/hooks';
import { Command, Field, Form, type Values } from '../../gateway/page-kit/index.ts';
import { texts } from './texts.ts';

/** What the product team does: register products. */
export function Shop() {
  const t = texts();
  const command = useMemo(() => new Command(), []);
  const register = (values: Values): void => void command.send('POST', 'products', values);
  return (
    <section class="card">
      <h2>{t.register}</h2>
      <Form label={t.register} command={command} onSend={register} submit={t.register} done={t.registered}>
        <Field name="name" label={t.name} />
        <Field name="qty" label={t.quantity} hint={t.quantityHint} isNumber isOptional />
      </Form>
    </section>
  );
}
