{#
    Words for messages about rules.

    _shown(value)             the value as a reader of YAML would write it
    _kind_of(value)           what kind of thing it is, with its article
    _kinds(kinds)             `text, dates and timestamps`
    _reject_other_keys(…)     complains about each key that is not known
    _reject_unwritable(…)     complains about a text that some engine cannot hold
#}
{% macro _shown(value) -%}
    {%- if value is string -%}
        {{ return("'" ~ value ~ "'") }}
    {%- elif value is none -%}
        {{ return('null') }}
    {%- elif value is boolean -%}
        {{ return('true' if value else 'false') }}
    {%- elif value is mapping -%}
        {{ return('{' ~ value.keys() | join(', ') ~ '}') }}
    {%- elif value is sequence -%}
        {{ return('a list') }}
    {%- endif -%}
    {{ return(value | string) }}
{%- endmacro %}

{% macro _kind_of(value) -%}
    {%- if value is none -%}
        {{ return('nothing') }}
    {%- elif value is boolean -%}
        {{ return('a boolean') }}
    {%- elif value is number -%}
        {{ return('a number') }}
    {%- elif value is string -%}
        {{ return("the text '" ~ value ~ "'") }}
    {%- elif value is mapping -%}
        {{ return('a mapping' if value else 'an empty mapping') }}
    {%- elif value is sequence -%}
        {{ return('a list' if value else 'an empty list') }}
    {%- endif -%}
    {{ return('a date') }}
{%- endmacro %}

{% macro _kinds(kinds) -%}
    {%- set plurals = {'number': 'numbers', 'boolean': 'booleans', 'date': 'dates', 'timestamp': 'timestamps'} -%}
    {%- set words = [] -%}
    {%- for kind in kinds -%}
        {%- do words.append(plurals.get(kind, kind)) -%}
    {%- endfor -%}
    {{ return(words[0] if words | length == 1 else words[:-1] | join(', ') ~ ' and ' ~ words[-1]) }}
{%- endmacro %}

{% macro _reject_other_keys(read, given, known, at) -%}
    {%- for key in given if key not in known -%}
        {%- do read.errors.append(
            at ~ '.' ~ key ~ ': unknown key' ~ dbt_consent.did_you_mean(key, known)
            ~ '; known here: ' ~ known | join(', ') ~ '.'
        ) -%}
    {%- endfor -%}
{%- endmacro %}

{% macro _reject_unwritable(read, value, at) -%}
    {%- if modules.re.search('[\\x00\\ud800-\\udfff]', value) -%}
        {%- do read.errors.append(at ~ ': the text holds a character that no table can hold (NUL or half of a surrogate pair).') -%}
    {%- endif -%}
{%- endmacro %}
