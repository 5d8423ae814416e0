{#
    What a text may be as a contact point: one entry per alternate key that it can be, each
    normalised as customers and consents are. An e-mail address and a telephone number are
    told apart; a key of the project's own is taken as a code.

    Arguments
        text  as somebody typed it

    Returns a list of {key_type, key_value}, and logs it for the `consent` command.
#}
{% macro contact_points_of(text) -%}
    {%- set found = [] -%}
    {%- set literal = dbt_consent.text_literal(text) -%}
    {%- if execute -%}
        {%- for key_type in dbt_consent.alternate_keys() -%}
            {%- if key_type == 'email' -%}
                {%- set value = dbt_consent.clean_email(literal) -%}
            {%- elif key_type == 'phone' -%}
                {%- set value = dbt_consent.clean_phone(literal) -%}
            {%- else -%}
                {%- set value = dbt_consent.clean_code(literal) -%}
            {%- endif -%}
            {%- set key_value = run_query('select ' ~ value ~ ' as key_value').columns[0].values()[0] -%}
            {%- if key_value is not none -%}
                {%- do found.append({'key_type': key_type, 'key_value': key_value}) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do log('dbt_consent.contact_points_of ' ~ tojson(found)) -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}
