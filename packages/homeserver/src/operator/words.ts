/** Help of the operator's commands: Spanish first. */
export const operatorHelp = `Uso / Usage:
  npm run homeserver -- --config FILE.yaml
  npm run homeserver -- --config FILE.yaml account ORDEN [NOMBRE] [--json]

Las órdenes funcionan con el nodo en marcha y con el nodo parado. Las contraseñas se leen de la entrada estándar.
  add NOMBRE [--display-name TEXTO] [--institution CLAVE] [--role staff|coordinator|official] [--admin]   crea una cuenta
  list                                       las cuentas de este nodo
  sessions NOMBRE                            dónde tiene la sesión abierta
  end-sessions NOMBRE [--device ID]          cierra todas sus sesiones, o una
  password NOMBRE                            pone otra contraseña y cierra todas sus sesiones
  remove-factors NOMBRE                      quita su segundo paso (perdió el teléfono y los códigos) y cierra todas sus sesiones
  role NOMBRE [--role staff|coordinator|official|none] [--institution CLAVE|none]   cambia su función o su institución
  approve-reset NOMBRE [--code CÓDIGO]       confirma a quien empieza de nuevo con otras claves: el código está en su pantalla
  refuse-reset NOMBRE [--device ID]          lo rechaza
  deactivate NOMBRE [--erase]                cierra la cuenta para siempre; --erase oculta lo que escribió a quien entre después

The commands work while the node runs and while it is stopped. Passwords are read from standard input.
  add NAME           makes an account          list            the accounts of this node
  sessions NAME      where it is signed in     end-sessions    ends all its sessions, or one (--device ID)
  password NAME      sets another password and ends all its sessions
  remove-factors NAME  takes away its second step (telephone and codes are lost) and ends all its sessions
  role NAME          changes its role or institution; "none" takes it away
  approve-reset NAME confirms who starts again with new keys: --code is the code on the person's screen; refuse-reset refuses
  deactivate NAME    closes the account for good; --erase hides what it wrote from those who join later
  --json             answers as JSON`
