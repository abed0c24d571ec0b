#!/usr/bin/env python3
"""What the programs are linked with, as SPDX 2.3 JSON on standard output: sbom.py VERSION PROGRAM...

Libraries come from the programs' own NEEDED lines, their packages and versions from dpkg or rpm.
"""
import datetime
import hashlib
import json
import os
import re
import subprocess
import sys

OURS = 'Apache-2.0 AND Unicode-DFS-2016 AND MIT'  # NOTICE
# What we link with, by its licence; a library that is not here stops the build of a release.
LICENCES = {
    'libapr-1': 'Apache-2.0', 'libaprutil-1': 'Apache-2.0', 'libc': 'LGPL-2.1-or-later', 'libcrypto': 'Apache-2.0', 'libcurl': 'curl',
    'libjansson': 'MIT', 'libsodium': 'ISC', 'libsqlite3': 'blessing', 'libunistring': 'LGPL-3.0-or-later OR GPL-2.0-or-later',
}


def said(*command):
    r = subprocess.run(command, capture_output=True, text=True)
    return r.stdout.strip() if r.returncode == 0 else ''


def package_of(path):
    """(name, version) of the installed package that has the file."""
    for name in (path, os.path.realpath(path)):
        for file in (name, re.sub(r'^/usr', '', name), '/usr' + name):
            owner = said('dpkg-query', '-S', file).split(': ')[0].split(':')[0]
            if owner:
                return owner, said('dpkg-query', '-W', '-f', '${Version}', owner)
    owner = said('rpm', '-qf', '--qf', '%{NAME} %{VERSION}-%{RELEASE}', path).split()
    return tuple(owner) if len(owner) == 2 else (os.path.basename(path), 'NOASSERTION')


def element(kind, name):
    return f'SPDXRef-{kind}-' + re.sub(r'[^A-Za-z0-9.-]', '-', name)


def digest(algorithm, path):
    with open(path, 'rb') as f:
        return hashlib.new(algorithm, f.read()).hexdigest()


def package(name, version, licence, **more):
    return {'SPDXID': element('Package', name), 'name': name, 'versionInfo': version, 'downloadLocation': 'NOASSERTION',
            'licenseConcluded': 'NOASSERTION', 'licenseDeclared': licence, 'copyrightText': 'NOASSERTION', **more}


def main(version, programs):
    ours = package('mod_chat', version, OURS, filesAnalyzed=False)
    packages, files, relations = {'mod_chat': ours}, [], [('SPDXRef-DOCUMENT', 'DESCRIBES', ours['SPDXID'])]
    for program in programs:
        file = element('File', os.path.basename(program))
        files.append({'SPDXID': file, 'fileName': './' + os.path.basename(program), 'licenseConcluded': OURS, 'copyrightText': 'NOASSERTION',
                      'fileTypes': ['BINARY'], 'checksums': [{'algorithm': a, 'checksumValue': digest(a.lower(), program)} for a in ('SHA1', 'SHA256')]})
        relations.append((file, 'GENERATED_FROM', ours['SPDXID']))
        paths = dict(re.findall(r'(\S+) => (/\S+)', said('ldd', program)))
        for library in re.findall(r'\(NEEDED\).*\[(.*)\]', said('readelf', '-d', program)):
            if library.startswith('ld-linux'):
                continue
            name, found = package_of(paths[library])
            packages[name] = package(name, found, LICENCES[library.split('.so')[0]], filesAnalyzed=False)
            relations.append((file, 'DYNAMIC_LINK', packages[name]['SPDXID']))
    made = datetime.datetime.fromtimestamp(int(os.environ['SOURCE_DATE_EPOCH']), datetime.timezone.utc)
    print(json.dumps({
        'spdxVersion': 'SPDX-2.3', 'dataLicense': 'CC0-1.0', 'SPDXID': 'SPDXRef-DOCUMENT', 'name': f'mod_chat-{version}',
        'documentNamespace': f'https://spdx.org/spdxdocs/mod_chat-{version}-' + digest('sha256', programs[0])[:32],
        'creationInfo': {'created': made.strftime('%Y-%m-%dT%H:%M:%SZ'), 'creators': [f'Tool: mod_chat-sbom-{version}']},
        'packages': list(packages.values()), 'files': files,
        'relationships': [dict(zip(('spdxElementId', 'relationshipType', 'relatedSpdxElement'), r)) for r in relations],
    }, indent=1, sort_keys=True))


main(sys.argv[1], sys.argv[2:])
