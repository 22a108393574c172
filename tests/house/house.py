#!/usr/bin/env python3
"""Whether the picture of the house is true: house.py [FOLDER]

Reads the arrows of CONTRIBUTING.md, the block that is fenced as `arrows`, and all #include lines of the repository. A line

    native-host/http → native-host/files, shared

says what the folder on the left may include. A folder is two names deep (`shared/events`; `shared` has what lies in it
directly), a target may be one file. `<capability>` is any folder of native-host with a capability.cpp, `<name>` any folder;
lines that mean the same folder add up. `(tests)` behind a folder is about its tests and fuzzers alone, which may
include what the folder may, too.

Wrong is: an include without an arrow, an arrow without an include, a folder of native-host without a line, arrows in a circle,
and an arrow from the trunk, or from a capability, to a capability.
"""
import os
import re
import subprocess
import sys

TESTS = ' (tests)'
IS_TEST = re.compile(r'(^|/)test_[^/]*$|_(test|fuzz)\.(cpp|hpp)$')
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def folder_of(path):
    """`native-host/events` of native-host/events/redis/x.hpp; `shared` of shared/url.hpp."""
    parts = path.split('/')
    return '/'.join(parts[:2]) if len(parts) > 2 else parts[0]


def read_arrows(text):
    """[(folder, of its tests, target)], in order."""
    blocks = re.findall(r'^```arrows\n(.*?)^```', text, re.M | re.S)
    if len(blocks) != 1:
        raise ValueError('CONTRIBUTING.md must have one block that is fenced as `arrows`')
    arrows = []
    for line in filter(str.strip, blocks[0].splitlines()):
        left, arrow, right = (part.strip() for part in line.partition('→'))
        if not arrow or not right:
            raise ValueError(f'"{line}" is no line FOLDER → FOLDER, …')
        tests = left.endswith(TESTS)
        for target in right.split(','):
            arrows.append((left.removesuffix(TESTS), tests, target.strip()))
    return arrows


def matcher(pattern, capabilities):
    """Whether a folder or a file is what an arrow's end names."""
    expression = re.escape(pattern).replace(re.escape('<capability>'), f'(?:{"|".join(map(re.escape, capabilities)) or "$^"})')
    return re.compile(expression.replace(re.escape('<name>'), '[^/]+')).fullmatch


def circle(edges):
    """Folders that include each other in a circle, or none."""
    state = {}

    def visit(folder, way):
        if state.get(folder) == 'done':
            return None
        if folder in way:
            return way[way.index(folder):] + [folder]
        for target in sorted(edges.get(folder, ())):
            found = visit(target, way + [folder])
            if found:
                return found
        state[folder] = 'done'
        return None

    return next(filter(None, (visit(folder, []) for folder in sorted(edges))), None)


def problems_of(contributing, sources):
    """What is wrong, a sentence each. `sources`: the text of each file by its path from the root."""
    arrows = read_arrows(contributing)
    capabilities = sorted(path.split('/')[1] for path in sources if re.fullmatch(r'native-host/[^/]+/capability\.cpp', path))
    ends = {end: matcher(end, capabilities) for _, _, target in arrows for end in (target,)}
    ends |= {left: matcher(left, capabilities) for left, _, _ in arrows}
    used, problems, edges = set(), [], {}

    for path in sorted(sources):
        here = folder_of(path)
        is_test = bool(IS_TEST.search(path))
        for include in INCLUDE.findall(sources[path]):
            if include not in sources:
                if '/' in include:
                    problems.append(f'{path} includes {include}, which is no file of the repository.')
                continue  # what the build makes
            there = folder_of(include)
            if there == here:
                continue
            allowed = [arrow for arrow in arrows if ends[arrow[0]](here) and (is_test or not arrow[1])
                       and (ends[arrow[2]](there) or ends[arrow[2]](include))]
            used.update(allowed)
            if not allowed:
                problems.append(f'{path} includes {include}: there is no arrow {here}{TESTS if is_test else ""} → {there}.')
            if not is_test:
                edges.setdefault(here, set()).add(there)

    for arrow in arrows:
        left, tests, target = arrow
        if arrow not in used:
            problems.append(f'The arrow {left}{TESTS if tests else ""} → {target} stands for no include.')
    for folder in sorted({folder_of(path) for path in sources if re.fullmatch(r'native-host/.+/.+[ch]pp', path)}):
        if not any(ends[left](folder) and not tests for left, tests, _ in arrows):
            problems.append(f'{folder} has no line among the arrows.')
    of_capability = matcher('native-host/<capability>', capabilities)
    for folder in sorted(edges):
        if folder == 'native-host' or not folder.startswith('native-host/'):
            continue  # main.cpp
        for target in sorted(edges[folder]):
            if of_capability(target):
                problems.append(f'{folder} includes headers of {target}: no other folder may know a capability.')
    if way := circle(edges):
        problems.append(f'These include each other: {" → ".join(way)}.')
    return problems


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), '../..')
    names = subprocess.run(['git', '-C', root, 'ls-files', '-z', '--', '*.c', '*.cpp', '*.h', '*.hpp', '*.in'],
                           check=True, capture_output=True, text=True).stdout.split('\0')
    sources = {}
    for name in filter(None, names):
        path = os.path.join(root, name)
        if os.path.exists(path):
            with open(path, encoding='utf-8') as file:
                sources[name] = file.read()
    with open(os.path.join(root, 'CONTRIBUTING.md'), encoding='utf-8') as file:
        problems = problems_of(file.read(), sources)
    for problem in problems:
        print(problem)
    print(f'{len(sources)} files')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
