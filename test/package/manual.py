#!/usr/bin/env python3
"""The manual as HTML: manual.py DIR. Every page, with what it links to; a link that leads nowhere fails the build."""
import html
import os
import re
import shutil
import subprocess
import sys

STYLE = '''<style>
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #222; background: #fff }
table { border-collapse: collapse; display: block; overflow-x: auto } td, th { border: 1px solid #ccc; padding: .3rem .5rem; text-align: left; vertical-align: top }
pre { background: #f4f4f4; padding: .7rem; overflow-x: auto } code { font-size: .9em } img { max-width: 100% }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 } pre { background: #242424 } a { color: #8ab4f8 } }
</style>
'''


def pages_below(*folders):
    return sorted(os.path.join(d, f) for d in folders for f in os.listdir(d) if f.endswith('.md'))


def links_of(text):
    return re.findall(r'<(?:a href|img src)="([^":]+)"', text)


def target_of(page, link):
    """The file in the tree that LINK of PAGE names, and the heading in it."""
    path, _, heading = link.partition('#')
    path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
    return (os.path.join(path, 'README.md') if os.path.exists(os.path.join(path, 'README.md')) else path), heading


def rendered(page, back):
    title = open(page, encoding='utf-8').readline().lstrip('# ').strip()
    body = subprocess.run(['lowdown', '-thtml', page], check=True, capture_output=True, text=True).stdout
    head = f'<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n<title>{html.escape(title)}</title>\n'
    return head + STYLE + ('' if page == 'README.md' else f'<p><a href="{back}README.md">mod_chat</a></p>\n') + body


def main():
    out, wrong = sys.argv[1], []
    pages = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'test/bench/README.md'] + pages_below('docs', 'docs/directives')
    shutil.rmtree(out, ignore_errors=True)
    texts = {page: rendered(page, '../' * page.count('/')) for page in pages}
    directives = ''.join(f'<li><a href="{os.path.basename(p)}">{os.path.basename(p)[:-3]}</a></li>\n' for p in pages if p.startswith('docs/directives/'))
    texts['docs/directives'] = texts['README.md'].split('<p>')[0].replace('>mod_chat<', '>Directives<') + f'<ul>\n{directives}</ul>\n'
    for page, text in texts.items():
        at = page + '/index.md' if page == 'docs/directives' else page
        for link in set(links_of(text)):
            if link.startswith('/'):
                continue
            target, heading = target_of(at, link)
            if not os.path.exists(target) or heading and f'id="{heading}"' not in texts.get(target, ''):
                wrong.append(f'{page}: {link}')
                continue
            leads = target if target in texts else None
            if leads is None and os.path.isfile(target):
                os.makedirs(os.path.join(out, os.path.dirname(target)), exist_ok=True)
                shutil.copy(target, os.path.join(out, target))
            elif leads:
                file = leads + '/index.html' if leads == 'docs/directives' else leads[:-3] + '.html'
                there = os.path.relpath(file, os.path.dirname(at) or '.') + ('#' + heading if heading else '')
                text = text.replace(f'"{link}"', f'"{there}"')
        file = os.path.join(out, at[:-3] + '.html')
        os.makedirs(os.path.dirname(file), exist_ok=True)
        open(file, 'w', encoding='utf-8').write(text)
    if wrong:
        sys.exit('manual.py: links that lead nowhere:\n' + '\n'.join(wrong))
    print(os.path.join(out, 'README.html'))


main()
