{#
    A select that says what stored evidence means by today's mappings. For a row that its
    source still has, that is what staging makes of it now. For one that is gone, its
    label is looked up in the seeds, then among the rows of its model that say the same in
    the same words, then in the lists of unpivot_consents, and at last it stands for itself
    where it is canonical. Where nothing is known of it, a no that somebody meant when it
    came is still one; any other answer that nobody mapped is a denial that is_mapped says
    not to be meant.

    Arguments
        stored           consent_events
        observed         int_consent__observed
        purpose_labels   the seed
        status_labels    the seed
        of_no_purpose    true gives only the rows whose label leads to no declared purpose,
                         with what the label leads to; false (default) all others

    Columns: version_id, event_id, event_key (hash of model, source, consent_id and today's
    purpose: the event), consent_model, source_name, consent_id, key_type, key_value,
    purpose, status, is_mapped, is_remapped (it meant something else when it came), raw_purpose, raw_status, the times, first_seen_at,
    present_from, last_shown_at, last_seen_at. The rule: docs/consent.md, "What was said and
    what it means".
#}
{% macro interpreted_events(stored, observed, purpose_labels, status_labels, of_no_purpose=false) -%}
    {%- set statuses = ['granted', 'denied', 'pending', 'nothing'] -%}
    {%- set purposes = dbt_consent.purposes().keys() | list -%}
    {%- set text = dbt.type_string() %}
    {#- which rows the seeds are asked about: staging has the first word where it has one -#}
    {%- set unread = {
        'purpose': 'observed.version_id is null',
        'status': "coalesce(observed.status, '') not in ("
            ~ dbt_consent.text_list(statuses) ~ ')',
    } %}
    {#- what the lists of unpivot_consents say, and the columns that they still read -#}
    {%- set listed = dbt_consent.listed_answers() -%}
    {%- set asked = dbt_consent.ascii_lower('stored.raw_status') -%}
    {%- set column = "split_part(" ~ asked ~ ", '=', 1)" -%}
    {%- set columns = [] -%}
    {%- for answer in listed -%}
        {%- do columns.append(answer.consent_model ~ ' ' ~ answer.label.split('=')[0]) -%}
    {%- endfor %}

with stored as (

    select * from {{ stored }}

),

{% for meaning in ['purpose', 'status'] %}
{{ meaning }}_meanings as (

    {{ dbt_consent.label_meanings(
        purpose_labels if meaning == 'purpose' else status_labels, meaning
    ) }}

),

-- what the rows that are there mean by the same words, where they agree
{{ meaning }}_examples as (

    select
        consent_model,
        source_name,
        raw_purpose,
        {% if meaning == 'status' %}
        raw_status,
        {% endif %}
        min({{ meaning }}) as meaning
    from {{ observed }}
    where
        {{ meaning }} is not null
        {% if meaning == 'status' %}
        and status in ({{ dbt_consent.text_list(statuses) }})
        {% endif %}
    group by
        consent_model, source_name, raw_purpose
        {%- if meaning == 'status' %}, raw_status{% endif %}
    having min({{ meaning }}) = max({{ meaning }})

),

{% endfor %}
{% if listed %}
listed_answers as (

    {% for answer in listed %}
    select
        {% for name, value in answer.items() %}
        {{ dbt_consent.text_literal(value) }} as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

{% endif %}
read as (

    select
        stored.version_id,
        stored.event_id,
        stored.consent_model,
        stored.source_name,
        stored.consent_id,
        stored.key_type,
        case
            when observed.version_id is not null then observed.key_value
            when stored.key_value is not null then stored.key_value
            else {{ dbt_consent.clean_contact_point('stored.key_type', 'stored.raw_key_value') }}
        end as key_value,
        case
            when observed.version_id is not null then observed.purpose
            else coalesce(
                own_purposes.meaning,
                all_purposes.meaning,
                purpose_examples.meaning,
                case
                    when stored.raw_purpose in ({{ dbt_consent.text_list(purposes) }})
                        then stored.raw_purpose
                end
            )
        end as purpose,
        coalesce(
            case
                when observed.status in ({{ dbt_consent.text_list(statuses) }})
                    then observed.status
            end,
            own_statuses.meaning,
            all_statuses.meaning,
            status_examples.meaning,
            {{ 'listed_answers.status,' if listed }}
            case
                when observed.version_id is not null then null
                when stored.raw_status in ({{ dbt_consent.text_list(statuses) }})
                    then stored.raw_status
                when stored.status = 'denied' then 'denied'
                -- a column that is read no more said what it said when it was read
                when
                    stored.status in ({{ dbt_consent.text_list(statuses) }})
                    and right(
                        {{ dbt_consent.ascii_lower('stored.consent_id') }},
                        length({{ column }}) + 1
                    ) = ':' || {{ column }}
                    and stored.consent_model || ' ' || {{ column }} not in (
                        {{ dbt_consent.text_list(columns | unique | list or ['']) }}
                    )
                    then stored.status
            end
        ) as status,
        stored.purpose as first_purpose,
        stored.status as first_status,
        stored.raw_purpose,
        stored.raw_status,
        stored.raw_key_value,
        stored.recorded_at,
        stored.confirmed_at,
        stored.expires_at,
        stored.evidence,
        stored.first_seen_at,
        stored.present_from,
        stored.last_shown_at,
        stored.last_seen_at
    from stored
    left join {{ observed }} as observed
        on
            stored.version_id = observed.version_id
            and observed.copy_number = 1
    {%- for meaning in ['purpose', 'status'] %}
    {%- for whose, source in [('own', 'stored.source_name'), ('all', "''")] %}
    left join {{ meaning }}_meanings as {{ whose }}_{{ meaning }}{{ 'es' if meaning == 'status' else 's' }}
        on
            {{ unread[meaning] }}
            and {{ whose }}_{{ meaning }}{{ 'es' if meaning == 'status' else 's' }}.source_name = {{ source }}
            and {{ whose }}_{{ meaning }}{{ 'es' if meaning == 'status' else 's' }}.label
            = {{ dbt_consent.ascii_lower('stored.raw_' ~ meaning) }}
    {%- endfor %}
    left join {{ meaning }}_examples
        on
            observed.version_id is null
            and stored.consent_model = {{ meaning }}_examples.consent_model
            and stored.source_name = {{ meaning }}_examples.source_name
            and stored.raw_purpose = {{ meaning }}_examples.raw_purpose
            {%- if meaning == 'status' %}
            and stored.raw_status = status_examples.raw_status
            {%- endif %}
    {%- endfor %}
    {%- if listed %}
    left join listed_answers
        on
            observed.version_id is null
            and stored.consent_model = listed_answers.consent_model
            and stored.source_name = listed_answers.source_name
            and {{ asked }} = listed_answers.label
    {%- endif %}

)

select
    version_id,
    event_id,
    {{ dbt_consent.content_hash([
        'consent_model', 'source_name', 'consent_id', 'purpose',
    ]) }} as event_key,
    consent_model,
    source_name,
    consent_id,
    key_type,
    key_value,
    purpose,
    case
        when status in ({{ dbt_consent.text_list(statuses) }}) then status
        else 'denied'
    end as status,
    coalesce(status in ({{ dbt_consent.text_list(statuses) }}), false) as is_mapped,
    coalesce(first_purpose, '') <> coalesce(purpose, '')
    or coalesce(first_status, '') <> coalesce(status, '') as is_remapped,
    raw_purpose,
    raw_status,
    raw_key_value,
    recorded_at,
    confirmed_at,
    expires_at,
    evidence,
    first_seen_at,
    present_from,
    last_shown_at,
    last_seen_at
from read
where
    {% if of_no_purpose %}
    purpose is null
    or purpose not in ({{ dbt_consent.text_list(purposes + ['ignored']) }})
    {% else %}
    purpose in ({{ dbt_consent.text_list(purposes) }})
    and key_value is not null
    and key_type in ({{ dbt_consent.text_list(dbt_consent.alternate_keys()) }})
    and not {{ dbt_consent.is_junk_key('key_type', 'key_value', 'raw_key_value') }}
    {% endif %}
{%- endmacro %}

{#
    A seed of labels as a table to join: {source_name ('' for all), label (as it is
    compared), meaning}, one row per source and label.

    Arguments
        seed     relation with source_name, label and the meaning
        meaning  the column of the seed that is looked up
#}
{% macro label_meanings(seed, meaning) -%}
    {#- dbt takes a seed's empty column, or one of digits, for numbers -#}
    {%- set text = dbt.type_string() -%}
    {%- set source_name = dbt_consent.trim_spaces('cast(source_name as ' ~ text ~ ')') -%}
    {%- set label = dbt_consent.ascii_lower(
        dbt_consent.clean_text('cast(label as ' ~ text ~ ')')
    ) %}
    select
        source_name,
        label,
        {{ dbt_consent.min_by_code_point('meaning') }} as meaning
    from (
        select
            coalesce({{ source_name }}, '') as source_name,
            {{ label }} as label,
            {{ dbt_consent.trim_spaces('cast(' ~ meaning ~ ' as ' ~ text ~ ')') }} as meaning
        from {{ seed }}
    ) as labels
    where label is not null
    group by source_name, label
{%- endmacro %}
