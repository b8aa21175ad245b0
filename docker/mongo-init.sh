#!/usr/bin/env bash
# Makes the replica set, then a user that can do nothing but read and write the node's own database.
set -euo pipefail

mongosh --quiet "mongodb://root:${MONGO_ROOT_PASSWORD}@mongo1/admin?directConnection=true" --eval '
  try { rs.status() } catch (error) {
    rs.initiate({ _id: "enlace", members: ["mongo1", "mongo2", "mongo3"].map((host, _id) => ({ _id, host: host + ":27017" })) })
  }
  for (let wait = 0; wait < 120 && !db.hello().isWritablePrimary && !db.hello().primary; wait++) sleep(500)
'
mongosh --quiet "mongodb://root:${MONGO_ROOT_PASSWORD}@mongo1,mongo2,mongo3/admin?replicaSet=enlace" --eval '
  const name = process.env.MONGO_ENLACE_DATABASE ?? "enlace"
  const enlace = db.getSiblingDB(name)
  const user = { pwd: process.env.MONGO_ENLACE_PASSWORD, roles: [{ role: "readWrite", db: name }] }
  if (enlace.getUser("enlace")) enlace.updateUser("enlace", user)
  else enlace.createUser({ user: "enlace", ...user })
'
