{#
    Regular expressions: reads a pattern of the subset that means the same on all engines,
    and writes it in a form that does: `.` as any character but a newline, `\d` as [0-9],
    escapes only where they are needed, the end of the text as the engine calls it.
    Returns the pattern, or nothing after a complaint.

    The subset: literals, `.`, classes of ASCII characters, groups, `|`, the repeats
    `* + ? {m} {m,} {m,n}` up to 255, `^` and `$` at the ends.
#}
{% macro _read_pattern(read, pattern, at) -%}
    {%- set special = '.^$*+?()[]{}|\\' -%}
    {%- set state = namespace(out='', before='start', next=0, error='', bar=false, inner=1) -%}
    {%- set groups = [1] -%}
    {%- do dbt_consent._reject_unwritable(read, pattern, at) -%}

    {%- for character in pattern -%}
        {%- if loop.index0 < state.next -%}
            {%- continue -%}
        {%- endif -%}
        {%- set rest = pattern[loop.index0:] -%}
        {%- set state.next = loop.index -%}

        {%- if character == '^' -%}
            {%- if not loop.first -%}
                {%- set state.error = '`^` stands at the start only; write \\^ for the character' -%}
            {%- endif -%}
            {%- set state.out = '^' -%}
        {%- elif character == '$' -%}
            {%- if not loop.last -%}
                {%- set state.error = '`$` stands at the end only; write \\$ for the character' -%}
            {%- endif -%}
            {%- set state.out = state.out ~ dbt_consent.end_of_text() -%}
        {%- elif character == '|' -%}
            {%- if state.before not in ['atom', 'repeat'] -%}
                {%- set state.error = 'there is nothing before a `|`' -%}
            {%- endif -%}
            {%- set state.bar = state.bar or groups | length == 1 -%}
            {%- set state.out = state.out ~ '|' -%}
            {%- set state.before = 'bar' -%}
        {%- elif character == '(' -%}
            {%- if rest.startswith('(?') -%}
                {%- set state.error = '`(?` is outside of the subset; write a plain group' -%}
            {%- endif -%}
            {%- do groups.append(1) -%}
            {%- set state.out = state.out ~ '(' -%}
            {%- set state.before = 'open' -%}
        {%- elif character == ')' -%}
            {%- if groups | length == 1 -%}
                {%- set state.error = '`)` closes no group; write \\) for the character' -%}
            {%- elif state.before not in ['atom', 'repeat'] -%}
                {%- set state.error = 'a group or one of its alternatives is empty' -%}
            {%- else -%}
                {%- set state.inner = groups.pop() -%}
                {%- set state.out = state.out ~ ')' -%}
                {%- set state.before = 'atom' -%}
            {%- endif -%}
        {%- elif character in '*+?{' -%}
            {%- set repeat = modules.re.match('([*+?])|[{]([0-9]{1,3})(,([0-9]{0,3}))?[}]', rest) -%}
            {%- if not repeat -%}
                {%- set state.error = '`{` starts no repeat such as {2,5}; write \\{ for the character' -%}
            {%- elif state.before != 'atom' -%}
                {%- set state.error = '`' ~ repeat.group() ~ '` repeats nothing, or a repeat' -%}
            {%- else -%}
                {%- set least = (repeat.group(2) or 1) | int -%}
                {%- set most = (repeat.group(4) or least) | int -%}
                {%- set times = state.inner * ([most, 1] | max) -%}
                {%- if least > most -%}
                    {%- set state.error = repeat.group() ~ ' has its bounds reversed' -%}
                {%- elif times > 255 -%}
                    {%- set state.error = repeat.group() ~ ' repeats more than 255 times, repeats inside of it counted' -%}
                {%- endif -%}
                {%- do groups.append([groups.pop(), times] | max) -%}
                {%- set state.out = state.out ~ repeat.group() -%}
                {%- set state.before = 'repeat' -%}
                {%- set state.next = loop.index0 + repeat.group() | length -%}
            {%- endif -%}
        {%- else -%}
            {%- if character == '.' -%}
                {%- set atom = {'out': '[^\\n]', 'length': 1} -%}
            {%- elif character == '[' -%}
                {%- set atom = dbt_consent._pattern_class(rest) -%}
            {%- elif character == '\\' -%}
                {%- set escaped = rest[1:2] -%}
                {%- if escaped == 'd' -%}
                    {%- set atom = {'out': '[0-9]', 'length': 2} -%}
                {%- elif escaped and modules.re.match('[!-/:-@\\[-`{-~]', escaped) -%}
                    {%- set atom = {'out': ('\\' if escaped in special else '') ~ escaped, 'length': 2} -%}
                {%- else -%}
                    {%- set atom = {'error': '`\\' ~ escaped ~ '` is outside of the subset; only punctuation and \\d are escaped'} -%}
                {%- endif -%}
            {%- elif character in ']}' -%}
                {%- set atom = {'error': '`' ~ character ~ '` closes nothing; write \\' ~ character ~ ' for the character'} -%}
            {%- else -%}
                {%- set atom = {'out': '\\n' if character == '\n' else character, 'length': 1} -%}
            {%- endif -%}
            {%- if atom.error is defined -%}
                {%- set state.error = atom.error -%}
            {%- else -%}
                {%- set state.next = loop.index0 + atom.length -%}
                {%- set state.out = state.out ~ atom.out -%}
                {%- set state.before = 'atom' -%}
                {%- set state.inner = 1 -%}
            {%- endif -%}
        {%- endif -%}

        {%- if state.error -%}
            {%- break -%}
        {%- endif -%}
    {%- endfor -%}

    {%- if not state.error -%}
        {%- if groups | length > 1 -%}
            {%- set state.error = 'a group is not closed' -%}
        {%- elif state.before == 'bar' -%}
            {%- set state.error = 'there is nothing after a `|`' -%}
        {%- elif state.bar and (pattern.startswith('^') or pattern.endswith('$') and not pattern.endswith('\\$')) -%}
            {%- set state.error = 'a `|` beside an anchor needs a group, such as ^(a|b)$' -%}
        {%- elif pattern in ['^', '$'] -%}
            {%- set state.error = 'it matches everything' -%}
        {%- endif -%}
    {%- endif -%}
    {%- if state.error -%}
        {%- do read.errors.append(at ~ ": the regular expression '" ~ pattern ~ "' is not one that all engines read alike: " ~ state.error ~ '.') -%}
        {{ return('') }}
    {%- endif -%}
    {{ return(state.out) }}
{%- endmacro %}

{#
    The class that a text starts with: {out, length}, or {error}. ASCII characters, ranges
    of letters and digits, \d, escaped punctuation; a hyphen stands first, last or escaped.
#}
{% macro _pattern_class(rest) -%}
    {%- set state = namespace(out='[', next=1, closed=0, items=0, error='') -%}
    {%- if rest[1:2] == '^' -%}
        {%- set state.out = '[^' -%}
        {%- set state.next = 2 -%}
    {%- endif -%}
    {%- set first = state.next -%}
    {%- for character in rest -%}
        {%- if loop.index0 < state.next -%}
            {%- continue -%}
        {%- endif -%}
        {%- set tail = rest[loop.index0:] -%}
        {%- set range = modules.re.match('[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9]', tail) -%}
        {%- set state.items = state.items + 1 -%}
        {%- set state.next = loop.index -%}
        {%- if character == ']' -%}
            {%- set state.closed = loop.index -%}
            {%- break -%}
        {%- elif range -%}
            {%- if tail[0] > tail[2] -%}
                {%- set state.error = 'the range ' ~ range.group() ~ ' is reversed' -%}
            {%- endif -%}
            {%- set state.out = state.out ~ range.group() -%}
            {%- set state.next = loop.index0 + 3 -%}
        {%- elif character == '\\' -%}
            {%- set escaped = tail[1:2] -%}
            {%- if escaped == 'd' -%}
                {%- set state.out = state.out ~ '0-9' -%}
            {%- elif escaped and modules.re.match('[!-/:-@\\[-`{-~]', escaped) -%}
                {%- set state.out = state.out ~ ('\\' if escaped in '\\]^-[&' else '') ~ escaped -%}
            {%- else -%}
                {%- set state.error = '`\\' ~ escaped ~ '` is outside of the subset; only punctuation and \\d are escaped' -%}
            {%- endif -%}
            {%- set state.next = loop.index0 + 2 -%}
        {%- elif character == '-' and loop.index0 != first and tail[1:2] != ']' -%}
            {%- set state.error = 'a `-` in a class stands between two letters or digits, first, last, or as \\-' -%}
        {%- elif character == '[' -%}
            {%- set state.error = 'a `[` in a class is written \\[' -%}
        {%- elif not modules.re.match('[\\x01-\\x7f]', character) -%}
            {%- set state.error = "a class holds ASCII characters only; write (" ~ character ~ '|...) instead' -%}
        {%- else -%}
            {%- set state.out = state.out ~ ('\\' if character in '^-&' else '') ~ ('\\n' if character == '\n' else character) -%}
        {%- endif -%}
        {%- if state.error -%}
            {%- break -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if state.error -%}
        {{ return({'error': state.error}) }}
    {%- elif not state.closed -%}
        {{ return({'error': 'a class is not closed'}) }}
    {%- elif state.items == 1 -%}
        {{ return({'error': 'a class is empty'}) }}
    {%- endif -%}
    {{ return({'out': state.out ~ ']', 'length': state.closed}) }}
{%- endmacro %}
