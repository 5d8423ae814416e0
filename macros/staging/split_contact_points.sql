{#
    Of the rows whose contact point is a field of several (`a@example.com; b@example.com`),
    one row for each that can be read: what is denied there is denied on each. Which of
    them a yes was given for nobody knows: such a row stays as it is, without a contact
    point, and is listed. A select, to be used as the body of a CTE.

    Arguments
        relation   rows with key_type, key_value and raw_key_value
        columns    list of its other columns, which each row keeps
        is_denial  SQL condition on a row: whether it denies
#}
{% macro split_contact_points(relation, columns, is_denial) -%}
    {%- set raw = dbt_consent.clean_text('raw_key_value') -%}
    select
        {{ columns | join(',\n        ') }},
        key_type,
        key_value,
        raw_key_value
    from (
        select
            {{ columns | join(',\n            ') }},
            key_type,
            {{ dbt_consent.clean_contact_point('key_type', 'raw_key_value') }} as key_value,
            raw_key_value
        from (
            select
                {{ columns | join(',\n                ') }},
                key_type,
                {{ dbt_consent.trim_spaces("split_part(several, ';', place)") }} as raw_key_value
            from (
                select
                    {{ columns | join(',\n                    ') }},
                    key_type,
                    case
                        when key_type = 'email'
                            then {{ dbt_consent.regexp_replace_all(raw, '[;,/| ]+', ';') }}
                        else {{ dbt_consent.regexp_replace_all(raw, '[;,/|]+', ';') }}
                    end as several
                from {{ relation }}
                where
                    key_value is null
                    and {{ dbt_consent.matches('raw_key_value', '[;,/| ]') }}
                    and {{ is_denial }}
            ) as fields
            cross join (
                {%- for place in range(1, 51) %}
                select {{ place }} as place{{ ' union all' if not loop.last }}
                {%- endfor %}
            ) as places
        ) as parts
        where raw_key_value <> ''
    ) as read
    where key_value is not null
{%- endmacro %}
