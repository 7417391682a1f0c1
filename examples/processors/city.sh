#!/bin/sh
# tributary consume --processor 'exec:sh examples/processors/city.sh'
# Adds a field "city" with what the payload has at address.city, by jq, which reads and answers line by line. At an
# error jq would say nothing and go on: then each answer would be taken for that to the message before. Hence try.
exec jq --unbuffered --compact-output '
  try {fields: {city: (.payload.address.city // "unknown")}} catch {dead: .}'
