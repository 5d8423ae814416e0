{#
    A phone number as the contact point that identity and consent share: E.164.

    Read as libphonenumber reads it, with the country's numbering plan: spaces, dots,
    dashes, slashes and brackets do not matter, nor whether the number came with a plus,
    an international prefix, a trunk prefix, `(0)`, as a `tel:` URI or with an extension,
    which is dropped. Null when it is no valid number of any country: a number is never
    guessed. What is decided differently, and why: docs/phone-numbers.md.

    Arguments
        column   SQL expression; a number type is taken as its digits
        country  SQL expression of the ISO 3166 alpha-2 code, in whichever case, of the
                 country that the number is dialled from. Where it is null, and without
                 it, the setting `default_country`; where that is none too, only
                 international numbers are read

    Example
        {{ dbt_consent.clean_phone("'06-12345678'", country="'NL'") }}   → '+31612345678'
        {{ dbt_consent.clean_phone("'+44 (0)20 7946 0018'") }}           → '+442079460018'
        {{ dbt_consent.clean_phone("'12345'") }}                         → null
#}
{% macro clean_phone(column, country=none) -%}
    {{ return(
        dbt_consent.let('phone_text', 'cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ')',
            dbt_consent.let('phone_digits', dbt_consent._phone_digits('phone_text'),
                dbt_consent.let('phone_number', dbt_consent._phone_international('phone_digits', country),
                    dbt_consent._phone_valid('phone_number')
                )
            )
        )
    ) }}
{%- endmacro %}

{# Digits, with a plus before them if there was one; anything else is no number. #}
{% macro _phone_digits(text) -%}
    case
        when {{ dbt_consent.matches(text, '^[+]?[0-9]*$') }}
            then {{ text }}
        when {{ dbt_consent.matches(text, '^[ ()./-]*[+]?[0-9 ()./-]*$') }}
            then translate({{ text }}, ' -.()/', '')
        else {{ dbt_consent._phone_digits_of_anything(text) }}
    end
{%- endmacro %}

{#
    The same for whatever people write: other scripts' digits, labels before the number,
    `tel:` URIs, extensions. Each step takes something away; where letters are left, it
    is no number.
#}
{% macro _phone_digits_of_anything(text) -%}
    {%- set trailing = '[ .,:;!?()/_"*~-]+$' -%}
    {%- set sql = namespace(text=dbt_consent._phone_ascii(text)) -%}
    {%- for pattern, replacement in [
        ('^(?:[^;]*tel:)?([^;+]*)(;[^+]*)?;phone-context=([+][0-9().-]+)(?:;.*)?$', '\\3\\1\\2'),
        (';phone-context=[a-z0-9.-]*[a-z][a-z0-9-]*[.]?(?:;.*)?$', ''),
        (';isub=.*$', ''),
        ('/ *x.*$', ''),
        (trailing, ''),
        (dbt_consent._phone_extension(), ''),
        (trailing, ''),
        ('^[^0-9+]+', ''),
        ('^[+]+', '+'),
    ] -%}
        {%- set sql.text = dbt_consent.regexp_replace_all(sql.text, pattern, replacement) -%}
    {%- endfor -%}
    {%- set number = dbt_consent.regexp_extract(sql.text, '^[+]?[0-9 ()./~-]+$') -%}
    {{ return(dbt_consent.regexp_replace_all(number, '[^0-9+]+', '')) }}
{%- endmacro %}

{#
    Lower case, with ASCII digits, dashes, dots, brackets and spaces for what means the
    same, and without invisible characters.
#}
{% macro _phone_ascii(text) -%}
    {%- set digits = [
        '\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19',
        '\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669',
        '\u06f0\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6\u06f7\u06f8\u06f9',
        '\u0966\u0967\u0968\u0969\u096a\u096b\u096c\u096d\u096e\u096f',
        '\u09e6\u09e7\u09e8\u09e9\u09ea\u09eb\u09ec\u09ed\u09ee\u09ef',
    ] -%}
    {%- set dashes = '\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\uff0d' -%}
    {%- set spaces = '\t\n\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000' -%}
    {%- set others = '\uff0b\uff08\uff09\uff3b\uff3d\uff0e\uff0f\uff5e\u2053\u223c\uff03\uff1b\uff0c\uff45\uff58\uff54\uff4e\uff49[]\\' -%}
    {%- set invisible = '\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff' -%}
    {%- set from = digits | join ~ dashes ~ spaces ~ others ~ invisible -%}
    {%- set to = '0123456789' * digits | length ~ '-' * dashes | length ~ ' ' * spaces | length ~ '+()()./~~~#;,extni()/' -%}
    {{ return(
        dbt_consent.ascii_lower('translate(' ~ text ~ ', ' ~ dbt_consent.text_literal(from) ~ ', ' ~ dbt_consent.text_literal(to) ~ ')')
    ) }}
{%- endmacro %}

{# An extension at the end of a number, in lower case, as libphonenumber knows it. #}
{% macro _phone_extension() -%}
    {%- set gap = '[ ,]*' -%}
    {%- set after = '[:.]?[ ,-]*' -%}
    {{ return('(?:' ~ [
        ';ext=[0-9]{1,20}',
        gap ~ '(?:e?xt(?:ensi(?:o\u0301?|\u00f3))?n?|\u0434\u043e\u0431|anexo)' ~ after ~ '[0-9]{1,20}#?',
        gap ~ '(?:[x#~]|int)' ~ after ~ '[0-9]{1,9}#?',
        '[- ]+[0-9]{1,6}#',
        ' *(?:,,|;)' ~ after ~ '[0-9]{1,15}#?',
        ' *,+' ~ after ~ '[0-9]{1,9}#?',
    ] | join('|') ~ ')$') }}
{%- endmacro %}

{#
    The digits as an international number, its trunk prefix still in it. Countries are
    looked up by their position in a text of fixed-width entries: one pass over a kilobyte
    instead of two hundred comparisons.
#}
{% macro _phone_international(digits, country=none) -%}
    {%- set plans = dbt_consent._phone_plans() -%}
    {%- set default = dbt_consent.setting('default_country') -%}
    {%- set known = [] -%}
    {%- if country is not none -%}
        {%- do known.append('nullif(' ~ dbt_consent.ascii_upper(dbt_consent.trim_spaces(country)) ~ ", '')") -%}
    {%- endif -%}
    {%- if default -%}
        {%- do known.append(dbt_consent.text_literal(default | upper)) -%}
    {%- endif -%}
    {%- if not known -%}
        {{ return("case when " ~ digits ~ " like '+%' then " ~ digits ~ " end") }}
    {%- endif -%}
    {%- set place = known[0] if known | length == 1 else 'coalesce(' ~ known | join(', ') ~ ')' -%}
    {%- set dialled = 'phone_dialled' -%}
    {%- set national -%}
    case
        {%- for prefix in plans.international_prefixes %}
        when {{ dbt_consent.matches(dialled, prefix.pattern) }}
            then '+' || {{ dbt_consent.regexp_replace_all(dialled, prefix.pattern, dbt_consent._phone_captures(prefix.captures)) }}
        {%- endfor %}
        when {{ dbt_consent.matches(dialled, plans.own_calling_code) }}
            then '+' || substr({{ dialled }}, 3)
        when {{ dbt_consent.matches(dialled, plans.local_number) }}
            then '+' || {{ dbt_consent._phone_code(dialled, plans.area_codes, 7) }} || substr({{ dialled }}, 3)
        when {{ dbt_consent.matches(dialled, '^[A-Z][A-Z][0-9]') }}
            then '+' || {{ dbt_consent._phone_code(dialled, plans.calling_codes, 3) }} || substr({{ dialled }}, 3)
    end
    {%- endset -%}
    case
        when {{ digits }} like '+%' then {{ digits }}
        else {{ dbt_consent.let(dialled, place ~ ' || ' ~ digits, national) }}
    end
{%- endmacro %}

{# `\1\2…`: what a rewrite keeps. #}
{% macro _phone_captures(count, between='') -%}
    {%- set kept = [] -%}
    {%- for number in range(1, count + 1) -%}
        {%- do kept.append('\\' ~ number ~ (between if number == 1 else '')) -%}
    {%- endfor -%}
    {{ return(kept | join) }}
{%- endmacro %}

{# The code of the country that the text begins with; no digits for one that is unknown. #}
{% macro _phone_code(dialled, codes, width) -%}
    {%- set place = "position('|' || substr(" ~ dialled ~ ", 1, 2) in '" ~ codes ~ "')" -%}
    replace(substr('{{ codes }}', {{ place }} + 3, {{ width }}), ' ', '')
{%- endmacro %}

{# The international number without trunk prefix, if that makes it a valid one. #}
{% macro _phone_valid(number) -%}
    case substr({{ number }}, 2, 1)
    {%- for leading_digit, numbers in dbt_consent._phone_plans().numbers.items() %}
        {%- set sql = namespace(number=number) -%}
        {%- for mobile in numbers.mobiles -%}
            {%- set sql.number = dbt_consent.regexp_replace_all(sql.number, mobile.pattern, dbt_consent._phone_captures(mobile.captures, '9')) -%}
        {%- endfor -%}
        {%- for trunk in numbers.trunks -%}
            {%- set sql.number = dbt_consent.regexp_replace_all(sql.number, trunk.pattern, dbt_consent._phone_captures(trunk.captures)) -%}
        {%- endfor -%}
        {%- set valid = [] -%}
        {%- for code, pattern in numbers.valid.items() -%}
            {%- do valid.append(code ~ pattern) -%}
        {%- endfor %}
        when '{{ leading_digit }}'
            then {{ dbt_consent.regexp_extract(sql.number, '^[+](?:' ~ valid | join('|') ~ ')$') }}
    {%- endfor %}
    end
{%- endmacro %}
