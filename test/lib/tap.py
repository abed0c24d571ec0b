"""Assertions that print TAP, and the sum for `make check`."""
import os
import sys

passed = failed = 0


def ok(good, name, detail=''):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(('ok' if good else 'not ok') + f' {passed + failed} - {name}' + ('' if good else f'\n#   {detail}'), flush=True)
    return good


def same(got, expected, name):
    return ok(got == expected, name, f'got {got!r}, expected {expected!r}')


def done(part):
    print(f'1..{passed + failed}')
    tally = os.environ.get('CHAT_TALLY')
    if tally:
        with open(tally, 'a') as f:
            f.write(f'{passed} {failed} {part}\n')
    sys.exit(1 if failed or not passed else 0)
