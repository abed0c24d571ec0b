"""Holds recorded answers and events against docs/openapi.yaml and docs/asyncapi.yaml.

    check.py DIR             every exchange in DIR/answers.*, every event in DIR/events
    check.py --mutate DIR    and drops each described field in turn: the check must notice

The records come from the other suites (CHAT_RECORD, see record.c); many are alike, so one of each shape is checked."""
import collections
import copy
import glob
import json
import os
import re
import sys

import jsonschema
import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
MOUNTS = {'button': '/api/v3', 'chatroom': '/api/v0', 'teendevops': '/api/v1', 'kinglet': '/api/v1'}


def load(name):
    with open(os.path.join(TOP, 'docs', name)) as f:
        return yaml.safe_load(f)


def routes():
    """(pattern, dialect) of every route in src/api, the longest first."""
    found = []
    for dialect in MOUNTS:
        with open(os.path.join(TOP, 'src/api', dialect + '.h')) as f:
            found += [(path if path.startswith('/') else f'/{path}', dialect) for path in re.findall(r'^R\("([^"]+)"', f.read(), re.M)]
    return sorted(found, key=lambda r: -len(r[0]))


ROUTES = routes()


def shape(value):
    if isinstance(value, dict):
        return '{' + ','.join(f'{k}:{shape(v)}' for k, v in value.items()) + '}'
    if isinstance(value, list):
        return '[' + '|'.join(sorted({shape(v) for v in value})) + ']'
    return type(value).__name__ + (f'={value}' if isinstance(value, str) and len(value) < 40 else '')


def answers(directory):
    """(head, request, answer) of every record."""
    for name in glob.glob(os.path.join(directory, 'answers*')):
        with open(name, 'rb') as f:
            while line := f.readline():
                head = json.loads(line) if line.endswith(b'\n') else {'lengths': [0, 0]}
                request, answer = (f.read(n) for n in head['lengths'])
                if f.read(1) != b'\n':
                    break  # its process was killed
                yield head, request, answer


def plain(path):
    """teendevops: `chat/get`, `chat/get/` and `chat/get.php` are one."""
    return re.sub(r'(\.php)?/*$', '/', path)


def locate(route):
    """(dialect, mount) of CHAT_PATH, which is mount and pattern."""
    for pattern, dialect in ROUTES:
        for spelled in (pattern, pattern + '.php', pattern + '/'):
            if route.endswith(spelled):
                return dialect, route[:-len(spelled)]
    return None, None


class Answers:
    def __init__(self, directory):
        self.samples, self.total, self.unknown = {}, 0, collections.Counter()
        templates = collections.defaultdict(list)
        for template in load('openapi.yaml')['paths']:
            for dialect, mount in MOUNTS.items():
                if template.startswith(mount + '/'):
                    path = re.sub(r'\\\{\w+\\\}', '[^/]+', re.escape(template[len(mount):].strip('/')))
                    templates[dialect].append((template, re.compile(path + '$')))
        # a path without a variable first
        self.templates = {d: sorted(t, key=lambda x: x[0].count('{')) for d, t in templates.items()}
        for head, request, answer in answers(directory):
            self.add(head, request, answer)

    def template(self, dialect, path, doc):
        path = re.sub('/+', '/', path).strip('/')
        parts = path.split('/')
        # Kinglet's credentials may be the last three segments
        for tried in (path, '/'.join(parts[:-3])) if dialect == 'kinglet' else (re.sub(r'\.php$', '', path),):
            for template, pattern in self.templates[dialect]:
                if pattern.match(tried):
                    return template
        return None

    def add(self, head, request, answer):
        if not head['type'].startswith('application/json') or head['method'] not in ('GET', 'POST', 'PUT') or head['status'] == 405:
            return
        dialect, mount = locate(head['route'])
        if not dialect:
            return  # an unknown path
        self.total += 1
        try:
            value = json.loads(answer)
        except ValueError:
            self.unknown[f'{head["method"]} {head["route"]}: {head["status"]}: not JSON'] += 1
            return
        template = self.template(dialect, head['path'][len(mount):], None)
        if not template:
            if head['status'] < 300:
                self.unknown[f'{head["method"]} {head["route"]} ({head["path"]}): {head["status"]}: no such path'] += 1
            return
        self.samples.setdefault((template, head['method'].lower(), head['status'], shape(value)), value)


def schema_of(doc, template, method, status):
    operation = doc['paths'].get(template, {}).get(method)
    if operation is None:
        return None
    said = operation['responses']
    answer = said.get(str(status)) or said.get(f'{status // 100}XX')
    if answer is None:
        return None
    if '$ref' in answer:
        answer = doc['components']['responses'][answer['$ref'].split('/')[-1]]
    return answer['content']['application/json']['schema'] if 'content' in answer else None


def fits(doc, schema, value):
    """None, or what is wrong."""
    whole = dict(schema, components=doc.get('components', {})) if isinstance(schema, dict) else schema
    wrong = list(jsonschema.Draft202012Validator(whole).iter_errors(value))
    return None if not wrong else '; '.join(f'{"/".join(map(str, e.absolute_path)) or "."}: {e.message[:160]}' for e in wrong[:2])


def check_answers(doc, samples, first=False):
    wrong = []
    for (template, method, status, _), value in samples.items():
        schema = schema_of(doc, template, method, status)
        if schema is None:
            # another method of the path is refused in the dialect's words
            if status < 400 and not (status == 200 and isinstance(value, dict) and value.get('success') is False):
                wrong.append(f'{method} {template}: {status} is not described')
            continue
        why = fits(doc, schema, value)
        if why:
            wrong.append(f'{method} {template}: {status}: {why}: {json.dumps(value)[:300]}')
            if first:
                break
    return wrong


def events(directory):
    samples = {}
    for name in glob.glob(os.path.join(directory, 'events*')):
        with open(name) as f:
            for line in f:
                e = json.loads(line)
                samples.setdefault((e['event'], json.dumps(e['asked']), shape(e['args'][:1])), e)
    return samples


def from_clients(doc):
    """Names of the messages that the server hears."""
    return {m['$ref'].split('/')[-1] for operation in doc['operations'].values() for m in operation.get('messages', []) if operation['action'] == 'receive'}


def check_events(doc, samples, _first=False):
    messages = [m for key, m in doc['components']['messages'].items() if key not in from_clients(doc)]
    wrong = []
    for e in samples.values():
        asked = set(e['asked'])
        if 'extended' in asked:
            asked.add('ids')
        mine = [m for m in messages if m['name'] == e['event'] and m.get('x-asked') in asked] or \
            [m for m in messages if m['name'] == e['event'] and 'x-asked' not in m]
        if not mine:
            wrong.append(f'event {e["event"]} for {e["asked"]} is not described')
            continue
        payload = e['args'][0] if e['args'] else None
        why = [fits(doc, m['payload'], payload) for m in mine]
        if all(why):
            wrong.append(f'event {e["event"]} for {e["asked"]}: {why[0]}')
    return wrong


def fields(node, path=()):
    """Paths to every described property."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == 'properties' and isinstance(value, dict):
                for name in value:
                    yield path + (key, name)
            yield from fields(value, path + (key,))
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from fields(value, path + (i,))


def without(doc, path):
    changed = copy.deepcopy(doc)
    node = changed
    for key in path[:-2]:
        node = node[key]
    del node['properties'][path[-1]]
    if path[-1] in node.get('required', []):
        node['required'].remove(path[-1])
    return changed


def mutate(doc, start, check, samples, skip):
    """Fields whose loss is not noticed, in one sample of each form: values do not matter here."""
    few = {}
    for key, value in samples.items():
        few.setdefault(key[:-1] + (re.sub('=[^,}|\\]]*', '', key[-1]),), value)
    lost = []
    for path in fields({key: doc[key] for key in start}):
        mine = {k: v for k, v in few.items() if k[0] == path[1]} if path[0] == 'paths' else few
        if not any(part in path for part in skip) and not check(without(doc, path), mine, True):
            lost.append('/'.join(map(str, path)))
    return lost


def main():
    drop = sys.argv[1] == '--mutate'
    directory = sys.argv[-1]
    spoken, heard = Answers(directory), events(directory)
    http, live = load('openapi.yaml'), load('asyncapi.yaml')
    results = [('every answer is described', check_answers(http, spoken.samples) + list(spoken.unknown)),
               ('every event is described', check_events(live, heard)),
               ('there were answers and events', [] if spoken.total > 1000 and heard else ['too few'])]
    if drop:
        results += [('a field that the description of answers loses is noticed', mutate(http, ('paths', 'components'), check_answers,
                                                                                      spoken.samples, ('requestBody',))),
                    ('a field that the description of events loses is noticed', mutate(live, ('components',), check_events, heard, from_clients(live)))]
    failed = 0
    for number, (name, wrong) in enumerate(results, 1):
        print(f'{"not " if wrong else ""}ok {number} - {name}')
        for line in wrong[:40]:
            print(f'# {line}')
        failed += bool(wrong)
    print(f'1..{len(results)}\n# {spoken.total} answers of {len(spoken.samples)} shapes, events of {len(heard)} shapes')
    if os.environ.get('CHAT_TALLY'):
        with open(os.environ['CHAT_TALLY'], 'a') as f:
            f.write(f'{len(results) - failed} {failed} description\n')
    return 1 if failed else 0


sys.exit(main())
