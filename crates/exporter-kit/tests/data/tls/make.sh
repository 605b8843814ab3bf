#!/usr/bin/env bash
# Makes the certificates and keys of the TLS tests, for a hundred years. They protect nothing.
set -euo pipefail
cd "$(dirname "$0")"
rm -f ./*.crt ./*.key

days=36500
quiet() { openssl "$@" 2>/dev/null; }

authority() { # NAME
    quiet req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days $days \
        -subj "/CN=$1" -keyout "$1.key" -out "$1.crt" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
}

certificate() { # NAME AUTHORITY EXTENSIONS NEW-KEY-ARGUMENTS...
    local name=$1 authority=$2 extensions=$3
    shift 3
    quiet req -new "$@" -nodes -subj "/CN=$name" -keyout "$name.key" -out "$name.csr"
    quiet x509 -req -in "$name.csr" -CA "$authority.crt" -CAkey "$authority.key" -days $days \
        -set_serial "0x$(openssl rand -hex 8)" -extfile <(printf '%s\n' "$extensions") -out "$name.crt"
    rm "$name.csr"
}

server="subjectAltName=DNS:localhost,IP:127.0.0.1
extendedKeyUsage=serverAuth"
client="extendedKeyUsage=clientAuth"
ec=(-newkey ec -pkeyopt ec_paramgen_curve:P-256)

authority ca
authority other-ca
certificate server ca "$server" "${ec[@]}"
certificate server-rsa ca "$server" -newkey rsa:2048
certificate client ca "$client" "${ec[@]}"
certificate stranger other-ca "$client" "${ec[@]}"

# The same keys as programs older than PKCS #8 write them, and one that needs a password.
quiet rsa -traditional -in server-rsa.key -out server-rsa-pkcs1.key
quiet ec -in server.key -out server-sec1.key
quiet pkcs8 -topk8 -in server.key -passout pass:secret -out server-encrypted.key

rm ca.key other-ca.key
chmod 600 ./*.key
