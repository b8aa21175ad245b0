import type { BilingualText } from '@enlace/directory/text'

export const usage: BilingualText = {
  es: `Uso: npm run trust -- ORDEN [opciones] [--lang es|en]

  key new --name "Coordinación Honduras" --country HN --out hn1
      Hace su llave: hn1.llave.json (secreta, con frase de paso) y hn1.publica.json (para entregar).
  key registry --data-dir CARPETA --out registro.publica.json
      La clave pública del directorio.
  init --coordinator hn1.publica.json --coordinator gt1.publica.json --registry registro.publica.json
       --threshold 2 --out propuesta.json [--from actual.json]
      La ceremonia: quiénes firman y cuántas firmas hacen falta. Con --from, sigue a lo que hay.
  fetch --registry https://directorio.example.org --root root.json --out actual.json
      Trae y verifica lo que está vigente.
  propose admit   --from actual.json --server S --institution CLAVE[=tipo,PAÍS] [--case-slot N] --out propuesta.json
  propose suspend | readmit | remove --from actual.json --server S --out propuesta.json
  propose keys    --from actual.json --server S --key ed25519:ID=BASE64 [--drop-earlier] --out propuesta.json
  propose institution --from actual.json --server S --institution CLAVE[=tipo,PAÍS] [--leave CLAVE] --out propuesta.json
  propose institution --from actual.json --institution CLAVE --add renap.publica.json [--remove HUELLA] [--threshold N]
      Dice con qué llaves habla una institución. Lo que firmó una llave que se quita deja de valer en el acto.
  propose appoint --from actual.json --institution CLAVE --person @cuenta:servidor --add nueva.publica.json
                  --by COORDINACIÓN --by COORDINACIÓN [--roster dicho.json] --out propuesta.json
      Sucesión: nombra a quien coordina una institución que se quedó sin nadie. Deciden dos coordinaciones, una de cada
      país. La llave anterior deja de valer; con --roster (de institution fetch) su lista sigue en vigor hasta la nueva.
  propose renew   --from actual.json --out propuesta.json
      Propone un cambio. --from puede ser otra propuesta sin firmar: los cambios se suman.
  rotate --from actual.json [--remove NOMBRE|HUELLA] [--add gt3.publica.json] [--threshold N]
         [--registry registro.publica.json] --out propuesta.json
      Reemplaza la llave perdida o vencida de una coordinación, o la del directorio.
  show propuesta.json [firma.json ...] [--root root.json] [--person @cuenta:servidor]
      Con --person, dice si esa es la persona nombrada.
  sign propuesta.json --key hn1.llave.json [--root root.json] [--out firma.json]
  status propuesta.json [firma.json ...]
  publish propuesta.json firma.json ... [--registry URL] [--out publicado.json]

Instituciones (cada una con su propia llave):
  institution key new --institution gt-renap --out renap
      Hace la llave: renap.llave.json (secreta) y renap.publica.json (para las coordinaciones).
  institution fetch --institution gt-renap --registry URL --root root.json [--token CLAVE_DE_LA_RED] --out actual.json
      Trae y verifica lo que la institución tiene publicado.
  institution roster show --from actual.json --key renap.llave.json
      Quiénes hablan por ella.
  institution roster add    --from actual.json --key renap.llave.json --person @ana:servidor
                            --role staff|coordinator|official [--since 2026-01-31] [--until 2026-12-31] --out nueva.json
  institution roster role   --from actual.json --key renap.llave.json --person @ana:servidor --role coordinator --out nueva.json
  institution roster strike --from actual.json --key renap.llave.json --person @ana:servidor --out nueva.json
      Agrega, cambia o quita personas (--person varias veces), y firma. La primera vez: --institution en lugar de --from.
      Si se perdió la llave con que se guardaron los nombres: roster add --anew empieza la lista con las personas que se digan.
  institution entry sign --from actual.json --key renap.llave.json --entry publica.json [--entry red.json] --out nueva.json
      Firma la ficha del directorio: el archivo dice para quién es (view: public o network).
  institution duty-key --from actual.json --key renap.llave.json [--add nodo.publica.json] --out nueva.json
      Da a un nodo una llave que solo firma los turnos; sin --add, la quita.
  institution publish nueva.json --registry URL
`,
  en: `Usage: npm run trust -- COMMAND [options] [--lang es|en]

  key new --name "Coordination Honduras" --country HN --out hn1
      Makes your key: hn1.llave.json (secret, under a passphrase) and hn1.publica.json (to hand over).
  key registry --data-dir FOLDER --out registry.public.json
      The registry's public key.
  init --coordinator hn1.publica.json --coordinator gt1.publica.json --registry registry.public.json
       --threshold 2 --out proposal.json [--from current.json]
      The ceremony: who signs, and how many must. With --from it follows what there is.
  fetch --registry https://registry.example.org --root root.json --out current.json
      Fetches and verifies what is in force.
  propose admit   --from current.json --server S --institution KEY[=kind,COUNTRY] [--case-slot N] --out proposal.json
  propose suspend | readmit | remove --from current.json --server S --out proposal.json
  propose keys    --from current.json --server S --key ed25519:ID=BASE64 [--drop-earlier] --out proposal.json
  propose institution --from current.json --server S --institution KEY[=kind,COUNTRY] [--leave KEY] --out proposal.json
  propose institution --from current.json --institution KEY --add renap.publica.json [--remove FINGERPRINT] [--threshold N]
      Says which keys speak for an institution. What a key signed that is removed ends at once.
  propose appoint --from current.json --institution KEY --person @account:server --add new.publica.json
                  --by COORDINATOR --by COORDINATOR [--roster said.json] --out proposal.json
      Succession: appoints who coordinates an institution that has nobody left. Two coordinators decide, one of each
      country. The key before has no say any more; with --roster (of institution fetch) its roster stays in force until the new one.
  propose renew   --from current.json --out proposal.json
      Proposes a change. --from may be another proposal, not yet signed: the changes add up.
  rotate --from current.json [--remove NAME|FINGERPRINT] [--add gt3.publica.json] [--threshold N]
         [--registry registry.public.json] --out proposal.json
      Replaces a coordinator's lost or old key, or the registry's.
  show proposal.json [signature.json ...] [--root root.json] [--person @account:server]
      With --person, says whether that is the person appointed.
  sign proposal.json --key hn1.llave.json [--root root.json] [--out signature.json]
  status proposal.json [signature.json ...]
  publish proposal.json signature.json ... [--registry URL] [--out published.json]

Institutions (each with a key of its own):
  institution key new --institution gt-renap --out renap
      Makes the key: renap.llave.json (secret) and renap.publica.json (for the coordinators).
  institution fetch --institution gt-renap --registry URL --root root.json [--token NETWORK_TOKEN] --out current.json
      Fetches and verifies what the institution has published.
  institution roster show --from current.json --key renap.llave.json
      Who speaks for it.
  institution roster add    --from current.json --key renap.llave.json --person @ana:server
                            --role staff|coordinator|official [--since 2026-01-31] [--until 2026-12-31] --out new.json
  institution roster role   --from current.json --key renap.llave.json --person @ana:server --role coordinator --out new.json
  institution roster strike --from current.json --key renap.llave.json --person @ana:server --out new.json
      Adds, changes or strikes people (--person several times), and signs. The first time: --institution instead of --from.
      If the key that sealed the names is lost: roster add --anew begins the roster with the people named.
  institution entry sign --from current.json --key renap.llave.json --entry public.json [--entry network.json] --out new.json
      Signs the directory entry: the file says whom it is for (view: public or network).
  institution duty-key --from current.json --key renap.llave.json [--add node.publica.json] --out new.json
      Gives a node a key that signs duty positions alone; without --add, takes it back.
  institution publish new.json --registry URL
`,
}
