#!/bin/sh
# tributary consume --processor 'exec:sh examples/processors/city.sh'
# Adds a field "city" with what the payload has at address.city, by jq, which reads and answers line by line.
exec jq --unbuffered --compact-output '{fields: {city: (.payload.address.city // "unknown")}}'
