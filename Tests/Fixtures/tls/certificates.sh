#!/bin/bash
# certificates.sh FOLDER: an authority, and what it signed: for this computer, for another host, and in the past.
set -e
cd "$1"
key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
printf '%s\n' '[ca]' 'default_ca = own' '[own]' 'new_certs_dir = .' 'database = index' 'rand_serial = yes' \
    'default_md = sha256' 'policy = any' 'copy_extensions = copy' 'unique_subject = no' '[any]' \
    'commonName = supplied' '[req]' 'distinguished_name = name' '[name]' > openssl.cnf
export OPENSSL_CONF=$PWD/openssl.cnf
: > index
openssl req -x509 $key -keyout authority.key -out authority.pem -days 2 -subj /CN=authority -addext basicConstraints=critical,CA:TRUE
certificate() {
    openssl req $key -keyout "$1.key" -out "$1.request" -subj "/CN=$2" -addext "subjectAltName=$2"
    openssl ca -batch -notext -cert authority.pem -keyfile authority.key -in "$1.request" -out "$1.pem" \
        -startdate 20200101000000Z -enddate "$3"
}
certificate good DNS:localhost 20990101000000Z
certificate other DNS:elsewhere.example 20990101000000Z
certificate expired DNS:localhost 20200102000000Z
