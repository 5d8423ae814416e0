{#
    A text as somebody typed it, without what nobody can see: zero-width characters, soft
    hyphens and direction marks are taken out, every other white space becomes a space,
    and spaces around the text are trimmed. Null when nothing is left.

    Arguments
        column  SQL expression of type text

    Example
        {{ dbt_consent.clean_text("'  Emma '") }}   → 'Emma'
        {{ dbt_consent.clean_text("'   '") }}       → null
#}
{% macro clean_text(column) -%}
    {%- set spaces = '\t\n\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000' -%}
    {%- set invisible = '\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff' -%}
    {{ return(dbt_consent.unless_plain(
        column,
        "nullif(trim(translate(" ~ column ~ ", '" ~ spaces ~ invisible ~ "', '" ~ ' ' * (spaces | length) ~ "')), '')"
    )) }}
{%- endmacro %}
