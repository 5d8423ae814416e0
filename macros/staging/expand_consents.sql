{#
    Consent that a system keeps by customer number, as rows for the contact points of the
    records that carry the number. Gives a whole `select`, to be used as the body of a CTE.

    A yes is written to each own contact point of those records, of the listed kinds. A no
    (and a status that nobody mapped, which counts as one) is written to them as well, to
    the further ones that contact point models give those records, and to the number
    itself where the number is an alternate key: it then outlives a change of the
    customer's other contact points. Nothing is lost: a consent whose number no record
    carries, or only records without contact points, stays as one row, for the number
    itself, or with `key_value` null where the number is no alternate key.

    Arguments
        relation         what to read: a CTE of the calling model, or a relation, with the
                         columns of the consent contract, but the number in place of
                         `key_type`, `key_value` and `raw_key_value`
        number           the column of `relation` with the number, normalised
        customers        list of customer models (relations) whose records carry the number
        customer_number  the column of those models with the number, such as
                         `source_record_id`
        key_types        the kinds of contact points to expand to: columns of those models
        number_key_type  the alternate key that the number is; none where it is no
                         alternate key
        raw_columns      the raw columns that `relation` has (all but `raw_key_value`)

    Example
        {{ dbt_consent.expand_consents(
            relation='consents',
            number='card_number',
            customers=[ref('stg_loyalty__members')],
            customer_number='loyalty_id',
            key_types=['phone'],
            number_key_type='loyalty_id',
        ) }}
#}
{% macro expand_consents(relation, number, customers, customer_number, key_types, number_key_type=none, raw_columns=['raw_purpose', 'raw_status', 'raw_recorded_at', 'raw_confirmed_at', 'raw_expires_at']) -%}
    {%- if not customers or not key_types -%}
        {{ exceptions.raise_compiler_error('expand_consents: `customers` and `key_types` must name at least one each.') }}
    {%- endif -%}
    {%- if number_key_type in key_types -%}
        {{ exceptions.raise_compiler_error(
            "expand_consents: '" ~ number_key_type ~ "' is the number itself; leave it out of `key_types`."
        ) }}
    {%- endif -%}
    {%- set text = dbt.type_string() -%}
    {%- set carried = dbt_consent._carried_points(customers, customer_number, key_types) -%}
    {%- set is_denial = "coalesce(consents.status, 'denied') not in ('granted', 'pending', 'nothing')" %}
    select
        consents.source_name,
        consents.consent_id,
        coalesce(points.key_type, '{{ number_key_type or key_types[0] }}') as key_type,
        {% if number_key_type -%}
        coalesce(points.key_value, consents.{{ number }}) as key_value,
        {%- else -%}
        points.key_value,
        {%- endif %}
        consents.purpose,
        consents.status,
        consents.recorded_at,
        consents.confirmed_at,
        consents.expires_at,
        consents.evidence,
        coalesce(points.key_value, cast(consents.{{ number }} as {{ text }})) as raw_key_value
        {%- for column in raw_columns %},
        consents.{{ column }}
        {%- endfor %}
    from {{ relation }} as consents
    left join (
        select
            customer_number,
            key_type,
            key_value,
            max(is_own) as is_own
        from (
            {{ carried }}
        ) as carried
        group by customer_number, key_type, key_value
    ) as points
        on
            consents.{{ number }} = points.customer_number
            and (points.is_own = 1 or {{ is_denial }})
    {%- if number_key_type %}
    union all
    select
        consents.source_name,
        consents.consent_id,
        '{{ number_key_type }}' as key_type,
        consents.{{ number }} as key_value,
        consents.purpose,
        consents.status,
        consents.recorded_at,
        consents.confirmed_at,
        consents.expires_at,
        consents.evidence,
        cast(consents.{{ number }} as {{ text }}) as raw_key_value
        {%- for column in raw_columns %},
        consents.{{ column }}
        {%- endfor %}
    from {{ relation }} as consents
    where
        {{ is_denial }}
        and exists (
            select 1
            from (
                {{ carried }}
            ) as carried
            where carried.customer_number = consents.{{ number }}
        )
    {%- endif %}
{%- endmacro %}

{#
    The contact points of the records that carry a number: customer_number, key_type,
    key_value, and is_own, which is 0 for those of a contact point model.
#}
{% macro _carried_points(customers, customer_number, key_types) -%}
    {%- set further = dbt_consent._further_points(key_types) -%}
    {%- set parts = [] -%}
    {%- for customer in customers -%}
        {%- for key_type in key_types -%}
            {%- do parts.append(
                'select ' ~ customer_number ~ " as customer_number, '" ~ key_type ~ "' as key_type, "
                ~ key_type ~ ' as key_value, 1 as is_own from ' ~ customer
                ~ ' where ' ~ key_type ~ ' is not null'
            ) -%}
        {%- endfor -%}
        {%- if further -%}
            {%- do parts.append(
                'select customers.' ~ customer_number ~ ' as customer_number, further.key_type, '
                ~ 'further.key_value, 0 as is_own from ' ~ customer ~ ' as customers inner join ('
                ~ further ~ ') as further on customers.source_name = further.source_name '
                ~ 'and customers.source_record_id = further.source_record_id'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(parts | join(' union all\n            ')) }}
{%- endmacro %}
