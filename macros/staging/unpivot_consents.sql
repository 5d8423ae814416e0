{#
    Consent that a customer table carries in columns (`newsletter_opt_in = true`), as rows
    of the consent contract. Gives a whole `select`, to be used as the body of a CTE.

    Arguments
        relation     what to read: a CTE of the calling model, or a relation
        source_name  the system, a plain text
        record_id    SQL expression of type text: the record's primary key
        keys         {key type: SQL expression of the normalised contact point}
        raw_keys     {key type: SQL expression of the contact point as it came}; a key type
                     that is left out is shown as normalised
        record_keys  {key type: SQL expression of the normalised contact point of the
                     record}, where `relation` has several rows of one record and only one
                     of them gives the record its contact points: a no in any row is
                     written to these as well
        consents     a list, one entry per column:
            column        SQL expression of type text
            purpose       the purpose it is about
            keys          the key types it is given for, the most important first; all of
                          `keys` if left out
            granted       list of the values that mean yes
            denied        list of the values that mean no
            nothing       list of the values that mean neither, such as `false` in a box
                          that nobody had to tick
            recorded_at   SQL expression of type timestamp (null)
            confirmed_at  SQL expression of type timestamp (null)
            expires_at    SQL expression of type timestamp (null)
            raw_recorded_at, raw_confirmed_at, raw_expires_at
                          SQL expression of type text: the time as it came, so that one
                          that cannot be read is reported instead of lost (null)
            evidence      SQL expression of type text (the column and its value)

    Values are compared trimmed and without regard to the case of A to Z. An empty box is
    no row, a value of `nothing` one with that status. `raw_status` says the value with its
    column, such as `newsletter_opt_in=perhaps`. One that stands in none of the three lists
    has status null: it counts as denied downstream and is reported there. The lists are kept
    in the model's `meta`, for rows that are gone: they mean what the lists say today.

    A record may lack the contact point that a consent is for, or have one that cannot be
    normalised. The row then stays, with `key_value` null, and is reported; a no is written
    to the record's other contact points as well, since it is a no of the person. It is
    written, too, to those that contact point models give the record; a yes never is.

    Example
        {{ dbt_consent.unpivot_consents(
            relation='customers',
            source_name='crm',
            record_id='source_record_id',
            keys={'email': 'email', 'phone': 'phone'},
            consents=[{
                'column': 'newsletter_opt_in', 'purpose': 'newsletter', 'keys': ['email'],
                'granted': ['yes'], 'denied': ['no'], 'recorded_at': 'newsletter_opt_in_at',
            }],
        ) }}
#}
{% macro unpivot_consents(relation, source_name, record_id, keys, consents, raw_keys={}, record_keys={}) -%}
    {%- do dbt_consent._check_unpivoted(keys, consents, record_keys) -%}
    {%- do config(meta=dbt_consent._listed_answers(source_name, consents)) -%}
    {%- set kinds = [] -%}
    {%- for consent in consents -%}
        {%- do kinds.extend(consent.get('keys', keys.keys() | list)) -%}
    {%- endfor -%}
    {%- set further = dbt_consent._further_points(kinds | unique | list) -%}
    {%- set unpivoted = dbt_consent._unpivoted(relation, source_name, record_id, keys, consents, raw_keys, record_keys) -%}
    {%- set columns = [
        'source_name', 'consent_id', 'purpose', 'status', 'recorded_at', 'confirmed_at',
        'expires_at', 'evidence', 'raw_purpose', 'raw_status', 'raw_recorded_at',
        'raw_confirmed_at', 'raw_expires_at',
    ] %}
    select
        {{ columns | join(',\n        ') }},
        key_type,
        key_value,
        raw_key_value
    from (
        {{ unpivoted }}
    ) as answers
    {%- if further %}
    union all
    select
        {%- for column in columns %}
        answers.{{ column }},
        {%- endfor %}
        further.key_type,
        further.key_value,
        further.key_value as raw_key_value
    from (
        {{ unpivoted }}
    ) as answers
    inner join (
        {{ further }}
    ) as further
        on
            answers.source_name = further.source_name
            and answers.unpivoted_record_id = further.source_record_id
            and (
                {%- for consent in consents %}
                (
                    answers.unpivoted_column = {{ dbt_consent.text_literal(consent.column) }}
                    and further.key_type in ({{ dbt_consent.text_list(consent.get('keys', keys.keys() | list)) }})
                )
                {{- ' or' if not loop.last }}
                {%- endfor %}
            )
    where coalesce(answers.status, 'denied') not in ('granted', 'nothing')
    group by
        {%- for column in columns %}
        answers.{{ column }},
        {%- endfor %}
        further.key_type,
        further.key_value
    {%- endif %}
{%- endmacro %}

{#
    What the lists say, as meta of the model, for listed_answers: {a name of its own:
    [{source_name, label (as raw_status, in lower case), status}]}.
#}
{% macro _listed_answers(source_name, consents) -%}
    {%- set answers = [] -%}
    {%- for consent in consents -%}
        {%- for status in ['granted', 'denied', 'nothing'] -%}
            {%- for value in consent.get(status) or [] -%}
                {%- do answers.append({
                    'source_name': source_name,
                    'label': (consent.column ~ '=' ~ value) | lower,
                    'status': status,
                }) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set columns = consents | map(attribute='column') | join(', ') -%}
    {{ return({'listed_answers of ' ~ source_name ~ ': ' ~ columns: answers}) }}
{%- endmacro %}

{# The answers of the columns themselves, with the column and the record that they stand in. #}
{% macro _unpivoted(relation, source_name, record_id, keys, consents, raw_keys, record_keys) -%}
    {%- set text = dbt.type_string() -%}
    {%- set timestamp = dbt.type_timestamp() %}
    select
        {{ dbt_consent.text_literal(source_name) }} as source_name,
        unpivoted_record_id || ':' || unpivoted_column as consent_id,
        unpivoted_key_type as key_type,
        unpivoted_key_value as key_value,
        unpivoted_purpose as purpose,
        nullif(unpivoted_status, '') as status,
        unpivoted_recorded_at as recorded_at,
        unpivoted_confirmed_at as confirmed_at,
        unpivoted_expires_at as expires_at,
        unpivoted_evidence as evidence,
        unpivoted_raw_key_value as raw_key_value,
        cast(null as {{ text }}) as raw_purpose,
        unpivoted_column || '=' || {{ dbt_consent.clean_text('unpivoted_raw_answer') }} as raw_status,
        unpivoted_raw_recorded_at as raw_recorded_at,
        unpivoted_raw_confirmed_at as raw_confirmed_at,
        unpivoted_raw_expires_at as raw_expires_at,
        unpivoted_column,
        unpivoted_record_id
    from (
        select
            unpivoted_column,
            unpivoted_purpose,
            unpivoted_key_type,
            is_own_key,
            is_first_key,
            cast({{ record_id }} as {{ text }}) as unpivoted_record_id,
            is_record_key,
            case
                {%- for key_type, key in record_keys.items() %}
                when is_record_key and unpivoted_key_type = '{{ key_type }}'
                    then case when {{ key }} = {{ keys[key_type] }} then null else {{ key }} end
                {%- endfor %}
                {%- for key_type, key in keys.items() %}
                when unpivoted_key_type = '{{ key_type }}' then {{ key }}
                {%- endfor %}
            end as unpivoted_key_value,
            case
                {%- for key_type, key in record_keys.items() %}
                when is_record_key and unpivoted_key_type = '{{ key_type }}' then {{ key }}
                {%- endfor %}
                {%- for key_type, key in keys.items() %}
                when unpivoted_key_type = '{{ key_type }}' then {{ raw_keys.get(key_type, key) }}
                {%- endfor %}
            end as unpivoted_raw_key_value,
            {{ dbt_consent.let(
                'unpivoted_answer',
                dbt_consent._unpivoted_answer(consents),
                dbt_consent._unpivoted_status(consents)
            ) }} as unpivoted_status,
            case unpivoted_column
                {%- for consent in consents %}
                when {{ dbt_consent.text_literal(consent.column) }} then {{ consent.column }}
                {%- endfor %}
            end as unpivoted_raw_answer,
            {%- for time in ['recorded_at', 'confirmed_at', 'expires_at'] %}
            {%- for name, type in [(time, timestamp), ('raw_' ~ time, text)] %}
            case unpivoted_column
                {%- for consent in consents %}
                when {{ dbt_consent.text_literal(consent.column) }} then {{ consent.get(name) or 'cast(null as ' ~ type ~ ')' }}
                {%- endfor %}
            end as unpivoted_{{ name }},
            {%- endfor %}
            {%- endfor %}
            case unpivoted_column
                {%- for consent in consents %}
                when {{ dbt_consent.text_literal(consent.column) }} then {{ consent.get('evidence')
                    or dbt_consent.evidence({'column': dbt_consent.text_literal(consent.column), 'value': consent.column}) }}
                {%- endfor %}
            end as unpivoted_evidence,
            {#- does the record have any contact point that this consent is for? #}
            case unpivoted_column
                {%- for consent in consents %}
                when {{ dbt_consent.text_literal(consent.column) }} then {{ dbt_consent._any_present(consent.get('keys', keys.keys() | list), keys) }}
                {%- endfor %}
            end as has_own_key,
            {{ dbt_consent._any_present(keys.keys() | list, keys) }} as has_any_key,
            case unpivoted_column
                {%- for consent in consents %}
                when {{ dbt_consent.text_literal(consent.column) }} then {{ dbt_consent._any_present(consent.get('keys', keys.keys() | list), record_keys) }}
                {%- endfor %}
            end as has_own_record_key
        from {{ relation }}
        cross join (
            {%- for consent in consents %}
            {%- set own_keys = consent.get('keys', keys.keys() | list) %}
            {%- set last_consent = loop.last %}
            {%- for key_type in keys.keys() | list + record_keys.keys() | list %}
            select
                {{ dbt_consent.text_literal(consent.column) }} as unpivoted_column,
                {{ dbt_consent.text_literal(consent.purpose) }} as unpivoted_purpose,
                '{{ key_type }}' as unpivoted_key_type,
                {{ 'true' if key_type in own_keys else 'false' }} as is_own_key,
                {{ 'true' if key_type == own_keys[0] else 'false' }} as is_first_key,
                {{ 'true' if loop.index > keys | length else 'false' }} as is_record_key
            {%- if not (last_consent and loop.last) %}
            union all
            {%- endif %}
            {%- endfor %}
            {%- endfor %}
        ) as unpivoted_mapping
    ) as unpivoted
    where
        (
            is_record_key
            and unpivoted_key_value is not null
            and unpivoted_status not in ('granted', 'nothing')
            and (is_own_key or not has_own_record_key)
        )
        or (
            not is_record_key
            and unpivoted_status is not null
            and (
                (is_own_key and unpivoted_key_value is not null)
                or (
                    is_own_key and unpivoted_status <> 'nothing'
                    and {{ dbt_consent.clean_text('unpivoted_raw_key_value') }} is not null
                )
                or (
                    is_own_key and is_first_key and not has_own_key
                    and unpivoted_status <> 'nothing'
                    and (unpivoted_status = 'granted' or not has_any_key)
                )
                or (
                    not is_own_key and not has_own_key
                    and unpivoted_key_value is not null
                    and unpivoted_status not in ('granted', 'nothing')
                )
            )
        )
{%- endmacro %}

{% macro _unpivoted_answer(consents) -%}
    case unpivoted_column
        {%- for consent in consents %}
                when {{ dbt_consent.text_literal(consent.column) }} then {{ dbt_consent.clean_text(consent.column) }}
        {%- endfor %}
            end
{%- endmacro %}

{# Empty for a value that stands in no list, null for an empty box. #}
{% macro _unpivoted_status(consents) -%}
    {%- set answer = dbt_consent.ascii_lower('unpivoted_answer') -%}
    case
        {%- for consent in consents %}
        {%- for status in ['granted', 'denied', 'nothing'] if consent.get(status) %}
                when
                    unpivoted_column = {{ dbt_consent.text_literal(consent.column) }}
                    and {{ answer }} in (
                        {%- for label in consent[status] -%}
                            {{ dbt_consent.text_literal(label | string | lower) }}{{ ', ' if not loop.last }}
                        {%- endfor -%}
                    ) then '{{ status }}'
        {%- endfor %}
        {%- endfor %}
                when unpivoted_answer is not null then ''
            end
{%- endmacro %}

{% macro _any_present(key_types, keys) -%}
    {%- set present = ['false'] -%}
    {%- for key_type in key_types if key_type in keys -%}
        {%- do present.append(keys[key_type] ~ ' is not null') -%}
    {%- endfor -%}
    ({{ present | join(' or ') }})
{%- endmacro %}

{# A misspelt entry would drop consent without a word: everything unknown is an error. #}
{% macro _check_unpivoted(keys, consents, record_keys) -%}
    {%- set known = [
        'column', 'purpose', 'keys', 'granted', 'denied', 'nothing', 'recorded_at',
        'confirmed_at', 'expires_at', 'raw_recorded_at', 'raw_confirmed_at',
        'raw_expires_at', 'evidence',
    ] -%}
    {%- set errors = [] -%}
    {%- if not keys -%}
        {%- do errors.append('`keys` is empty.') -%}
    {%- endif -%}
    {%- for key_type in record_keys if key_type not in keys -%}
        {%- do errors.append("record_keys: '" ~ key_type ~ "' is not in `keys`" ~ dbt_consent.did_you_mean(key_type, keys.keys() | list) ~ '.') -%}
    {%- endfor -%}
    {%- if not consents -%}
        {%- do errors.append('`consents` is empty.') -%}
    {%- endif -%}
    {%- set columns = [] -%}
    {%- for consent in consents -%}
        {%- set at = 'consents[' ~ loop.index0 ~ ']' -%}
        {%- for key in consent if key not in known -%}
            {%- do errors.append(at ~ ": unknown key '" ~ key ~ "'" ~ dbt_consent.did_you_mean(key, known) ~ '.') -%}
        {%- endfor -%}
        {%- for key in ['column', 'purpose'] if not consent.get(key) -%}
            {%- do errors.append(at ~ ' has no `' ~ key ~ '`.') -%}
        {%- endfor -%}
        {%- for key_type in consent.get('keys', []) if key_type not in keys -%}
            {%- do errors.append(at ~ ".keys: '" ~ key_type ~ "' is not in `keys`" ~ dbt_consent.did_you_mean(key_type, keys.keys() | list) ~ '.') -%}
        {%- endfor -%}
        {%- if 'keys' in consent and not consent['keys'] -%}
            {%- do errors.append(at ~ '.keys is empty.') -%}
        {%- endif -%}
        {%- if not consent.get('granted') and not consent.get('denied') -%}
            {%- do errors.append(at ~ ' says of no value that it means granted or denied.') -%}
        {%- endif -%}
        {%- set labels = [] -%}
        {%- for list in ['granted', 'denied', 'nothing'] -%}
            {%- set given = consent.get(list) or [] -%}
            {%- if given is string or given is mapping -%}
                {%- do errors.append(at ~ '.' ~ list ~ ' must be a list.') -%}
            {%- else -%}
                {%- for label in given -%}
                    {%- do labels.append(label | string | lower) -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if labels | unique | list | length < labels | length -%}
            {%- do errors.append(at ~ ' gives one value two meanings.') -%}
        {%- endif -%}
        {%- do columns.append(consent.get('column')) -%}
    {%- endfor -%}
    {%- if columns | unique | list | length < columns | length -%}
        {%- do errors.append('a column stands there twice.') -%}
    {%- endif -%}
    {%- if errors -%}
        {{ exceptions.raise_compiler_error('unpivot_consents: ' ~ errors | join(' ')) }}
    {%- endif -%}
{%- endmacro %}
