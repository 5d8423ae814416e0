{#
    The declared attributes that say who somebody is, known by their names: what records of
    one person should not contradict each other on.

    name_attributes()        `name`, and every name that ends with `_name`
    birth_date_attribute()   the first of birth_date, birthdate, date_of_birth, birthday and
                             born_on that is declared; none if there is none
#}
{% macro name_attributes() -%}
    {%- set names = [] -%}
    {%- for name in dbt_consent.setting('profile_attributes') if name == 'name' or name.endswith('_name') -%}
        {%- do names.append(name) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{% macro birth_date_attribute() -%}
    {%- set known = ['birth_date', 'birthdate', 'date_of_birth', 'birthday', 'born_on'] -%}
    {{ return(
        dbt_consent.setting('profile_attributes').keys() | select('in', known) | first | default(none)
    ) }}
{%- endmacro %}

{#
    An attribute as it is compared: trimmed, without regard to case, accents kept.

    Arguments
        column  SQL expression of any type
#}
{% macro compared_text(column) -%}
    {{ return(dbt_consent.unicode_lower(dbt_consent.unicode_nfc(dbt_consent.clean_text(
        'cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ')'
    )))) }}
{%- endmacro %}
