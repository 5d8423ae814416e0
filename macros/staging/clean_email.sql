{#
    An e-mail address as the contact point that identity and consent share.

    Invisible characters are taken out (zero-width, soft hyphen, direction marks: they come
    with copy and paste and nobody means them), white space of any kind is trimmed, and so
    is what stands around an address where people and programs write it: a display name
    before `<…>`, `mailto:`, quotes (the apostrophe with which spreadsheets mark a text
    too), and `.`, `,`, `;` at the end. The text is composed (Unicode NFC) and lower-cased.
    Null when what is left is not `local@domain.tld` in the sense of RFC 5321's everyday
    subset: no quoted local parts, no address literals, at most 64 characters before the @
    and 254 in all; so several addresses in one field are none. Letters beyond ASCII are
    allowed on both sides (RFC 6531) as they are written: an internationalised domain is
    not turned into its `xn--` form. Marks that stand beside their letter after composition
    are not allowed, so that no two spellings of one address can differ unseen.

    Dots and plus suffixes stay: folding them is a destination's rule, not identity's.
    With `vars: fold_email_aliases: true` a plus suffix is cut off, and at gmail.com and
    googlemail.com the dots before the @ too.

    Arguments
        column  SQL expression of type text

    Example
        {{ dbt_consent.clean_email("' Frank@Contoso.com '") }}            → 'frank@contoso.com'
        {{ dbt_consent.clean_email("'Frank Ba <frank@contoso.com>;'") }}  → 'frank@contoso.com'
        {{ dbt_consent.clean_email("'unknown'") }}                        → null
#}
{% macro clean_email(column) -%}
    {{ return(dbt_consent.let(
        'email_text',
        dbt_consent.unicode_lower(dbt_consent.unicode_nfc(dbt_consent._undressed_email(column))),
        dbt_consent._email_of_text('email_text')
    )) }}
{%- endmacro %}

{#
    The text without what stands around an address. Most texts have nothing around them,
    which one pattern tells.
#}
{% macro _undressed_email(column) -%}
    {%- set bare = '^[A-Za-z0-9_][A-Za-z0-9!#$%&*+/=?^_`{|}~@.-]*[A-Za-z0-9]$' -%}
    {%- set quotes = '"\'\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a' -%}
    {%- set before = '^[ ' ~ quotes ~ ']+' -%}
    {%- set behind = '[ .,;' ~ quotes ~ ']+$' -%}
    {%- set sql = namespace(text=dbt_consent.clean_text(column)) -%}
    {%- for pattern, replacement in [
        (behind, ''),
        ('^[^<>@]*<([^<>]*)>$', '\\1'),
        (before, ''),
        ('^([Mm][Aa][Ii][Ll][Tt][Oo]:[^?]*)[?].*$', '\\1'),
        ('^[Mm][Aa][Ii][Ll][Tt][Oo]:', ''),
        (before, ''),
        (behind, ''),
    ] -%}
        {%- set sql.text = dbt_consent.regexp_replace_all(sql.text, pattern, replacement) -%}
    {%- endfor -%}
    case when {{ dbt_consent.matches(column, bare) }} then {{ column }} else {{ sql.text }} end
{%- endmacro %}

{% macro _email_of_text(text) -%}
    {%- set atom = "[a-z0-9!#$%&'*+/=?^_`{|}~\u00a1-\U0010ffff-]+" -%}
    {%- set letter = '[a-z0-9\u00a1-\U0010ffff]' -%}
    {%- set label = letter ~ '(?:[a-z0-9\u00a1-\U0010ffff-]{0,61}' ~ letter ~ ')?' -%}
    {%- set address = '^' ~ atom ~ '(?:[.]' ~ atom ~ ')*@(?:' ~ label ~ '[.])+(?:xn--[a-z0-9-]{2,59}|[a-z\u00a1-\U0010ffff]{2,63})$' -%}
    {%- set beside = '[\u0300-\u036f\u2000-\u206f\u3000\ufe00-\ufe0f\ufff0-\uffff]' -%}
    case
        when
            {{ dbt_consent.matches(text, address) }}
            and not {{ dbt_consent.matches(text, beside) }}
            and length({{ text }}) <= 254
            and position('@' in {{ text }}) <= 65
            then {{ dbt_consent._folded_email(text) }}
    end
{%- endmacro %}

{% macro _folded_email(text) -%}
    {%- if not dbt_consent.setting('fold_email_aliases') -%}
        {{ return(text) }}
    {%- endif -%}
    {%- set at = "position('@' in " ~ text ~ ")" -%}
    {%- set plus = "position('+' in " ~ text ~ ")" -%}
    {%- set domain = 'substring(' ~ text ~ ' from ' ~ at ~ ')' -%}
    {%- set mailbox = 'substring(' ~ text ~ ' from 1 for case when ' ~ plus ~ ' between 2 and '
        ~ at ~ ' then ' ~ plus ~ ' else ' ~ at ~ ' end - 1)' -%}
    case
            when {{ domain }} in ('@gmail.com', '@googlemail.com')
                then replace({{ mailbox }}, '.', '') || {{ domain }}
            else {{ mailbox }} || {{ domain }}
        end
{%- endmacro %}
